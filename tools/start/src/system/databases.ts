// One database and one role per service; nobody else may even connect.
import { Client, escapeIdentifier, escapeLiteral } from 'pg';

export const databaseOwners = ['pim', 'erp', 'crm', 'oms', 'pricing', 'gateway', 'operations', 'reconciliation'] as const;
export type DatabaseOwner = (typeof databaseOwners)[number];

/** Owns the audit in the database of operations, so that operations itself can add to it and change nothing. */
export const auditOwner = 'operations_audit';

export const databaseOf = (owner: DatabaseOwner): string => `steward_${owner}`;

/** Idempotent: a second start finds all of it. Passwords are set again, so that secrets.json is the truth. */
export async function createDatabases(adminUrl: string, passwordOf: (role: DatabaseOwner | typeof auditOwner) => string): Promise<void> {
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    // Without this any role could use the maintenance databases as a meeting place.
    await admin.query('revoke connect on database postgres, template1 from public');
    for (const owner of databaseOwners) {
      const database = escapeIdentifier(databaseOf(owner));
      const role = await createRole(admin, owner, passwordOf(owner));
      const databases = await admin.query('select from pg_database where datname = $1', [databaseOf(owner)]);
      if (databases.rowCount === 0) await admin.query(`create database ${database} owner ${role}`);
      await admin.query(`revoke all on database ${database} from public`);
    }
    const auditor = await createRole(admin, auditOwner, passwordOf(auditOwner));
    await admin.query(`grant connect, create on database ${escapeIdentifier(databaseOf('operations'))} to ${auditor}`);
  } finally {
    await admin.end();
  }
}

/** Returns its name as an identifier. */
async function createRole(admin: Client, name: string, password: string): Promise<string> {
  const role = escapeIdentifier(name);
  const roles = await admin.query('select from pg_roles where rolname = $1', [name]);
  if (roles.rowCount === 0) await admin.query(`create role ${role} login nosuperuser nocreatedb nocreaterole noreplication`);
  await admin.query(`alter role ${role} password ${escapeLiteral(password)}`);
  return role;
}
