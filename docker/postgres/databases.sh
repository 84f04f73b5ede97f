#!/bin/sh
# One database and one role a service; nobody else may even connect.
set -e
run() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set password="$STEWARD_PASSWORD" --username postgres "$@"; }

run <<'SQL'
revoke connect on database postgres, template1 from public;
SQL
for owner in pim erp crm oms pricing gateway operations reconciliation; do
  run --set owner="$owner" --set database="steward_$owner" <<'SQL'
create role :"owner" login password :'password';
create database :"database" owner :"owner";
revoke all on database :"database" from public;
SQL
done
# Owns the audit, so that operations can add to it and change nothing.
run <<'SQL'
create role operations_audit login password :'password';
grant connect, create on database steward_operations to operations_audit;
SQL
