-- Adds the incident's 57 foreign keys and the indexes that serve them, after the rows.
-- Versions 14-18. Needs ownership of the tables made by incident_tables.sql.

-- Reference data

ALTER TABLE plan_features ADD CONSTRAINT plan_features_plan_code_plans_code_fk
    FOREIGN KEY (plan_code) REFERENCES plans (code) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE plan_features ADD CONSTRAINT plan_features_feature_code_features_code_fk
    FOREIGN KEY (feature_code) REFERENCES features (code) ON DELETE CASCADE ON UPDATE CASCADE;

-- Workspaces and the people in them

ALTER TABLE workspaces ADD CONSTRAINT workspaces_plan_code_plans_code_fk
    FOREIGN KEY (plan_code) REFERENCES plans (code) ON UPDATE CASCADE;
ALTER TABLE workspaces ADD CONSTRAINT workspaces_owner_id_users_id_fk
    FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE users ADD CONSTRAINT users_primary_workspace_id_workspaces_id_fk
    FOREIGN KEY (primary_workspace_id) REFERENCES workspaces (id) ON DELETE SET NULL;
ALTER TABLE workspace_members ADD CONSTRAINT workspace_members_user_id_users_id_fk
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE workspace_members ADD CONSTRAINT workspace_members_role_code_roles_code_fk
    FOREIGN KEY (role_code) REFERENCES roles (code) ON DELETE RESTRICT;
ALTER TABLE workspace_members ADD CONSTRAINT workspace_members_invited_by_users_id_fk
    FOREIGN KEY (invited_by) REFERENCES users (id) ON DELETE SET NULL;
ALTER TABLE user_profiles ADD CONSTRAINT user_profiles_user_id_users_id_fk
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE user_profiles ADD CONSTRAINT user_profiles_country_code_countries_code_fk
    FOREIGN KEY (country_code) REFERENCES countries (code) ON DELETE SET DEFAULT;
ALTER TABLE user_sessions ADD CONSTRAINT user_sessions_user_id_users_id_fk
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE oauth_accounts ADD CONSTRAINT oauth_accounts_user_id_users_id_fk
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_workspace_id_workspaces_id_fk
    FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_user_id_users_id_fk
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE invitations ADD CONSTRAINT invitations_workspace_id_workspaces_id_fk
    FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE;
ALTER TABLE invitations ADD CONSTRAINT invitations_invited_by_users_id_fk
    FOREIGN KEY (invited_by) REFERENCES users (id) ON DELETE SET NULL;
ALTER TABLE teams ADD CONSTRAINT teams_workspace_id_workspaces_id_fk
    FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE;
ALTER TABLE team_members ADD CONSTRAINT team_members_team_id_teams_id_fk
    FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE;
ALTER TABLE team_members ADD CONSTRAINT team_members_user_id_users_id_fk
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE webhooks ADD CONSTRAINT webhooks_workspace_id_workspaces_id_fk
    FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE;
ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_webhook_id_webhooks_id_fk
    FOREIGN KEY (webhook_id) REFERENCES webhooks (id) ON DELETE CASCADE;

-- Work

ALTER TABLE projects ADD CONSTRAINT projects_workspace_id_workspaces_id_fk
    FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE;
ALTER TABLE projects ADD CONSTRAINT projects_lead_id_users_id_fk
    FOREIGN KEY (lead_id) REFERENCES users (id) ON DELETE SET NULL;
ALTER TABLE milestones ADD CONSTRAINT milestones_project_id_projects_id_fk
    FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE;
ALTER TABLE tasks ADD CONSTRAINT tasks_project_id_projects_id_fk
    FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE;
ALTER TABLE tasks ADD CONSTRAINT tasks_milestone_id_milestones_id_fk
    FOREIGN KEY (milestone_id) REFERENCES milestones (id) ON DELETE SET NULL;
ALTER TABLE tasks ADD CONSTRAINT tasks_parent_id_tasks_id_fk
    FOREIGN KEY (parent_id) REFERENCES tasks (id) ON DELETE CASCADE;
ALTER TABLE tasks ADD CONSTRAINT tasks_assignee_id_users_id_fk
    FOREIGN KEY (assignee_id) REFERENCES users (id) ON DELETE SET NULL;
ALTER TABLE tasks ADD CONSTRAINT tasks_status_code_task_statuses_code_fk
    FOREIGN KEY (status_code) REFERENCES task_statuses (code) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE task_dependencies ADD CONSTRAINT task_dependencies_task_id_tasks_id_fk
    FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE;
ALTER TABLE task_dependencies ADD CONSTRAINT task_dependencies_depends_on_id_tasks_id_fk
    FOREIGN KEY (depends_on_id) REFERENCES tasks (id) ON DELETE CASCADE;
ALTER TABLE labels ADD CONSTRAINT labels_workspace_id_workspaces_id_fk
    FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE;
ALTER TABLE task_labels ADD CONSTRAINT task_labels_task_id_tasks_id_fk
    FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE;
ALTER TABLE task_labels ADD CONSTRAINT task_labels_label_id_labels_id_fk
    FOREIGN KEY (label_id) REFERENCES labels (id) ON DELETE CASCADE;
ALTER TABLE comments ADD CONSTRAINT comments_task_id_tasks_id_fk
    FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE;
ALTER TABLE comments ADD CONSTRAINT comments_author_id_users_id_fk
    FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE SET NULL;
ALTER TABLE attachments ADD CONSTRAINT attachments_task_id_tasks_id_fk
    FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE;
ALTER TABLE attachments ADD CONSTRAINT attachments_uploaded_by_users_id_fk
    FOREIGN KEY (uploaded_by) REFERENCES users (id) ON DELETE SET NULL;
ALTER TABLE time_entries ADD CONSTRAINT time_entries_task_id_tasks_id_fk
    FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE;
ALTER TABLE time_entries ADD CONSTRAINT time_entries_user_id_users_id_fk
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE notifications ADD CONSTRAINT notifications_user_id_users_id_fk
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;

-- Customer support

ALTER TABLE tenants ADD CONSTRAINT tenants_country_code_countries_code_fk
    FOREIGN KEY (country_code) REFERENCES countries (code);
ALTER TABLE agents ADD CONSTRAINT agents_tenant_id_tenants_id_fk
    FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE;
ALTER TABLE cases ADD CONSTRAINT cases_tenant_id_tenants_id_fk
    FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE;
ALTER TABLE cases ADD CONSTRAINT cases_tenant_id_assigned_to_agents_tenant_id_id_fk
    FOREIGN KEY (tenant_id, assigned_to) REFERENCES agents (tenant_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE cases ADD CONSTRAINT cases_tenant_id_escalated_to_agents_tenant_id_id_fk
    FOREIGN KEY (tenant_id, escalated_to) REFERENCES agents (tenant_id, id) ON DELETE SET NULL;
ALTER TABLE case_messages ADD CONSTRAINT case_messages_tenant_id_case_id_cases_tenant_id_id_fk
    FOREIGN KEY (tenant_id, case_id) REFERENCES cases (tenant_id, id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE case_tags ADD CONSTRAINT case_tags_tenant_id_case_id_cases_tenant_id_id_fk
    FOREIGN KEY (tenant_id, case_id) REFERENCES cases (tenant_id, id) ON DELETE CASCADE ON UPDATE CASCADE;

-- Billing

ALTER TABLE billing.customers ADD CONSTRAINT customers_tenant_id_tenants_id_fk
    FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE billing.customers ADD CONSTRAINT customers_currency_code_currencies_code_fk
    FOREIGN KEY (currency_code) REFERENCES billing.currencies (code);
ALTER TABLE billing.subscriptions ADD CONSTRAINT subscriptions_customer_id_customers_id_fk
    FOREIGN KEY (customer_id) REFERENCES billing.customers (id) ON DELETE RESTRICT;
ALTER TABLE billing.subscriptions ADD CONSTRAINT subscriptions_plan_code_plans_code_fk
    FOREIGN KEY (plan_code) REFERENCES plans (code) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE billing.invoices ADD CONSTRAINT invoices_customer_id_customers_id_fk
    FOREIGN KEY (customer_id) REFERENCES billing.customers (id) ON DELETE RESTRICT;
ALTER TABLE billing.invoice_lines ADD CONSTRAINT invoice_lines_invoice_id_invoices_id_fk
    FOREIGN KEY (invoice_id) REFERENCES billing.invoices (id) ON DELETE CASCADE;
ALTER TABLE billing.payments ADD CONSTRAINT payments_invoice_id_invoices_id_fk
    FOREIGN KEY (invoice_id) REFERENCES billing.invoices (id) DEFERRABLE INITIALLY IMMEDIATE;

-- What happened

ALTER TABLE events ADD CONSTRAINT events_user_id_users_id_fk
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE audit_log ADD CONSTRAINT audit_log_actor_id_users_id_fk
    FOREIGN KEY (actor_id) REFERENCES users (id) ON DELETE SET NULL NOT VALID;

-- Indexes that serve them; user_sessions.user_id and events.user_id have none

CREATE INDEX plan_features_feature_code_idx ON plan_features (feature_code);
CREATE INDEX workspaces_plan_code_idx ON workspaces (plan_code);
CREATE INDEX workspaces_owner_id_idx ON workspaces (owner_id);
CREATE INDEX users_primary_workspace_id_idx ON users (primary_workspace_id);
CREATE INDEX workspace_members_user_id_idx ON workspace_members (user_id);
CREATE INDEX workspace_members_role_code_idx ON workspace_members (role_code);
CREATE INDEX workspace_members_invited_by_idx ON workspace_members (invited_by);
CREATE INDEX user_profiles_country_code_idx ON user_profiles (country_code);
CREATE INDEX oauth_accounts_user_id_idx ON oauth_accounts (user_id);
CREATE INDEX api_keys_workspace_id_idx ON api_keys (workspace_id);
CREATE INDEX api_keys_user_id_idx ON api_keys (user_id);
CREATE INDEX invitations_workspace_id_idx ON invitations (workspace_id);
CREATE INDEX invitations_invited_by_idx ON invitations (invited_by);
CREATE INDEX team_members_user_id_idx ON team_members (user_id);
CREATE INDEX webhooks_workspace_id_idx ON webhooks (workspace_id);
CREATE INDEX webhook_deliveries_webhook_id_idx ON webhook_deliveries (webhook_id);
CREATE INDEX projects_workspace_id_idx ON projects (workspace_id);
CREATE INDEX projects_lead_id_idx ON projects (lead_id);
CREATE INDEX milestones_project_id_idx ON milestones (project_id);
CREATE INDEX tasks_project_id_idx ON tasks (project_id);
CREATE INDEX tasks_milestone_id_idx ON tasks (milestone_id);
CREATE INDEX tasks_parent_id_idx ON tasks (parent_id);
CREATE INDEX tasks_assignee_id_idx ON tasks (assignee_id);
CREATE INDEX tasks_status_code_idx ON tasks (status_code);
CREATE INDEX task_dependencies_depends_on_id_idx ON task_dependencies (depends_on_id);
CREATE INDEX labels_workspace_id_idx ON labels (workspace_id);
CREATE INDEX task_labels_label_id_idx ON task_labels (label_id);
CREATE INDEX comments_task_id_idx ON comments (task_id);
CREATE INDEX comments_author_id_idx ON comments (author_id);
CREATE INDEX attachments_task_id_idx ON attachments (task_id);
CREATE INDEX attachments_uploaded_by_idx ON attachments (uploaded_by);
CREATE INDEX time_entries_task_id_idx ON time_entries (task_id);
CREATE INDEX time_entries_user_id_idx ON time_entries (user_id);
CREATE INDEX notifications_user_id_idx ON notifications (user_id);
CREATE INDEX tenants_country_code_idx ON tenants (country_code);
CREATE INDEX cases_tenant_id_assigned_to_idx ON cases (tenant_id, assigned_to);
CREATE INDEX cases_tenant_id_escalated_to_idx ON cases (tenant_id, escalated_to);
CREATE INDEX customers_currency_code_idx ON billing.customers (currency_code);
CREATE INDEX subscriptions_customer_id_idx ON billing.subscriptions (customer_id);
CREATE INDEX subscriptions_plan_code_idx ON billing.subscriptions (plan_code);
CREATE INDEX invoices_customer_id_idx ON billing.invoices (customer_id);
CREATE INDEX payments_invoice_id_idx ON billing.payments (invoice_id);
CREATE INDEX audit_log_actor_id_idx ON audit_log (actor_id);
