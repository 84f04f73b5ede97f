export { defineSandboxConnector, type SandboxAccess, sandboxCollection, type SandboxFeed } from './define-sandbox-connector';
