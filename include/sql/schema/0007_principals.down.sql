-- Removes the principals view and what stands behind it.
DROP FUNCTION IF EXISTS atlas.has_permission(text);
DROP FUNCTION IF EXISTS atlas.act_as(uuid, uuid);
DROP VIEW IF EXISTS atlas.principals;
DROP FUNCTION IF EXISTS atlas.rebuild_principals();
DROP FUNCTION IF EXISTS atlas.memberships();
DROP FUNCTION IF EXISTS atlas.membership_query();
DROP FUNCTION IF EXISTS atlas.users_may_edit(regclass);
DROP FUNCTION IF EXISTS atlas.membership_branch(regclass, text, text, text);
DROP FUNCTION IF EXISTS atlas.permissions_of(text);
