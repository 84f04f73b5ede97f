export { defineSandboxConnector, type SandboxFeed } from './define-sandbox-connector';
