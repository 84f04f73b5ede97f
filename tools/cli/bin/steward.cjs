#!/usr/bin/env node
// A file of the repository, so that it is executable before and after a build.
require('../dist/main.js');
