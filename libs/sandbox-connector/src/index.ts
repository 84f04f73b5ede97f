export { defineSandboxConnector, sandboxCollection, type SandboxFeed } from './define-sandbox-connector';
