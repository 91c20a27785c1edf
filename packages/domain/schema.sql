-- columns
app.clock: only_row boolean not null default true
app.clock: clock_offset interval not null default '00:00:00'::interval
auth.accounts: id uuid not null
auth.accounts: user_id uuid not null
auth.accounts: account_id text not null
auth.accounts: provider_id text not null
auth.accounts: access_token text
auth.accounts: refresh_token text
auth.accounts: id_token text
auth.accounts: access_token_expires_at timestamp with time zone
auth.accounts: refresh_token_expires_at timestamp with time zone
auth.accounts: scope text
auth.accounts: password text
auth.accounts: created_at timestamp with time zone not null default now()
auth.accounts: updated_at timestamp with time zone not null default now()
auth.sessions: id uuid not null
auth.sessions: user_id uuid not null
auth.sessions: token text not null
auth.sessions: expires_at timestamp with time zone not null
auth.sessions: ip_address text
auth.sessions: user_agent text
auth.sessions: created_at timestamp with time zone not null default now()
auth.sessions: updated_at timestamp with time zone not null default now()
auth.two_factors: id uuid not null
auth.two_factors: user_id uuid not null
auth.two_factors: secret text not null
auth.two_factors: backup_codes text not null
auth.two_factors: verified boolean not null default true
auth.two_factors: failed_verification_count integer not null default 0
auth.two_factors: locked_until timestamp with time zone
auth.users: id uuid not null
auth.users: name text not null
auth.users: email text not null
auth.users: email_verified boolean not null default false
auth.users: image text
auth.users: created_at timestamp with time zone not null default now()
auth.users: updated_at timestamp with time zone not null default now()
auth.users: is_staff boolean not null default false
auth.users: notices jsonb not null default '{}'::jsonb
auth.users: two_factor_enabled boolean not null default false
auth.verifications: id uuid not null
auth.verifications: identifier text not null
auth.verifications: value text not null
auth.verifications: expires_at timestamp with time zone not null
auth.verifications: created_at timestamp with time zone not null default now()
auth.verifications: updated_at timestamp with time zone not null default now()
partitions.webhook_events_default: organization_id uuid not null
partitions.webhook_events_default: id uuid not null
partitions.webhook_events_default: integration_id uuid not null
partitions.webhook_events_default: kind text not null
partitions.webhook_events_default: person_hash bytea
partitions.webhook_events_default: thread_hash bytea
partitions.webhook_events_default: payload bytea not null
partitions.webhook_events_default: received_at timestamp with time zone not null default now()
partitions.webhook_events_default: state text not null default 'pending'::text
partitions.webhook_events_default: attempts smallint not null default 0
partitions.webhook_events_default: not_before timestamp with time zone
partitions.webhook_events_default: processed_at timestamp with time zone
partitions.webhook_events_default: reason text
partitions.webhook_events_default: page_id text not null
partitions.webhook_events_default: replay text
public.api_keys: organization_id uuid not null
public.api_keys: id uuid not null
public.api_keys: name text not null
public.api_keys: prefix text not null
public.api_keys: secret_hash bytea not null
public.api_keys: role text not null
public.api_keys: scopes text[] not null
public.api_keys: expires_at timestamp with time zone
public.api_keys: last_used_at timestamp with time zone
public.api_keys: revoked_at timestamp with time zone
public.api_keys: replaced_by uuid
public.api_keys: created_by uuid
public.api_keys: created_at timestamp with time zone not null default now()
public.app_pauses: app_id text not null
public.app_pauses: until timestamp with time zone
public.app_pauses: reason text
public.app_pauses: failures integer not null default 0
public.app_pauses: failed_at timestamp with time zone
public.app_pauses: routine_until timestamp with time zone
public.app_pauses: on_trial boolean not null default false
public.app_pauses: failed_login uuid
public.audit_events: organization_id uuid not null
public.audit_events: id uuid not null
public.audit_events: actor_type text not null
public.audit_events: actor_id text not null
public.audit_events: action text not null
public.audit_events: subject_type text not null
public.audit_events: subject_id uuid not null
public.audit_events: changes jsonb not null default '{}'::jsonb
public.audit_events: request_id text not null
public.audit_events: created_at timestamp with time zone not null default now()
public.audit_events: reason text
public.businesses: organization_id uuid not null
public.businesses: id uuid not null
public.businesses: name text not null
public.businesses: slug text not null
public.businesses: description text not null default ''::text
public.businesses: is_active boolean not null default true
public.businesses: deactivated_at timestamp with time zone
public.businesses: version integer not null default 1
public.businesses: created_at timestamp with time zone not null default now()
public.businesses: updated_at timestamp with time zone not null default now()
public.data_deletions: code text not null
public.data_deletions: requested_at timestamp with time zone not null
public.data_deletions: completed_at timestamp with time zone not null
public.data_deletions: person_hash bytea
public.facebook_connections: organization_id uuid not null
public.facebook_connections: id uuid not null
public.facebook_connections: business_id uuid not null
public.facebook_connections: user_id uuid not null
public.facebook_connections: session_id uuid not null
public.facebook_connections: state_hash bytea not null
public.facebook_connections: reconnect_id uuid
public.facebook_connections: state text not null default 'waiting'::text
public.facebook_connections: reason jsonb
public.facebook_connections: login_id uuid
public.facebook_connections: missing_permissions text[] not null default '{}'::text[]
public.facebook_connections: pages jsonb not null default '[]'::jsonb
public.facebook_connections: pages_total integer not null default 0
public.facebook_connections: expires_at timestamp with time zone not null
public.facebook_connections: created_at timestamp with time zone not null default now()
public.facebook_connections: updated_at timestamp with time zone not null default now()
public.facebook_logins: organization_id uuid not null
public.facebook_logins: id uuid not null
public.facebook_logins: access_token bytea not null
public.facebook_logins: person_hash bytea
public.facebook_logins: scopes text[] not null default '{}'::text[]
public.facebook_logins: expires_at timestamp with time zone
public.facebook_logins: data_access_expires_at timestamp with time zone
public.facebook_logins: generation integer not null default 1
public.facebook_logins: lease_token uuid
public.facebook_logins: lease_until timestamp with time zone
public.facebook_logins: created_at timestamp with time zone not null default now()
public.facebook_logins: updated_at timestamp with time zone not null default now()
public.facebook_logins: kind text not null default 'user'::text
public.facebook_logins: exchange_tried_at timestamp with time zone
public.facebook_logins: error jsonb
public.facebook_logins: revoked_at timestamp with time zone
public.facebook_logins: token_hash bytea
public.facebook_page_integrations: organization_id uuid not null
public.facebook_page_integrations: id uuid not null
public.facebook_page_integrations: login_id uuid not null
public.facebook_page_integrations: page_id text not null
public.facebook_page_integrations: page_name text not null default ''::text
public.facebook_page_integrations: page_category text
public.facebook_page_integrations: page_url text
public.facebook_page_integrations: page_access_token bytea not null
public.facebook_page_integrations: status text not null
public.facebook_page_integrations: status_reason jsonb
public.facebook_page_integrations: status_since timestamp with time zone not null
public.facebook_page_integrations: next_check_at timestamp with time zone
public.facebook_page_integrations: last_checked_at timestamp with time zone
public.facebook_page_integrations: generation integer not null default 1
public.facebook_page_integrations: drain_token uuid
public.facebook_page_integrations: drain_until timestamp with time zone
public.facebook_page_integrations: created_at timestamp with time zone not null default now()
public.facebook_page_integrations: updated_at timestamp with time zone not null default now()
public.facebook_page_integrations: findings jsonb
public.facebook_page_integrations: paused_until timestamp with time zone
public.facebook_page_integrations: pause_reason text
public.facebook_page_integrations: moved_at timestamp with time zone
public.facebook_page_integrations: revived_at timestamp with time zone
public.idempotency_keys: organization_id uuid not null
public.idempotency_keys: id uuid not null
public.idempotency_keys: key_hash bytea not null
public.idempotency_keys: fingerprint bytea not null
public.idempotency_keys: status smallint
public.idempotency_keys: answer bytea
public.idempotency_keys: created_at timestamp with time zone not null default now()
public.idempotency_keys: etag text
public.integrations: organization_id uuid not null
public.integrations: id uuid not null
public.integrations: business_id uuid not null
public.integrations: integration_type text not null
public.integrations: name text not null
public.integrations: config jsonb not null
public.integrations: is_active boolean not null default true
public.integrations: deactivated_at timestamp with time zone
public.integrations: version integer not null default 1
public.integrations: created_at timestamp with time zone not null default now()
public.integrations: updated_at timestamp with time zone not null default now()
public.invitations: organization_id uuid not null
public.invitations: id uuid not null
public.invitations: email text not null
public.invitations: role text not null
public.invitations: token_hash bytea not null
public.invitations: token_version integer not null default 1
public.invitations: invited_by uuid
public.invitations: invited_by_key uuid
public.invitations: state text not null default 'pending'::text
public.invitations: expires_at timestamp with time zone not null
public.invitations: sent_at timestamp with time zone
public.invitations: accepted_by uuid
public.invitations: accepted_at timestamp with time zone
public.invitations: created_at timestamp with time zone not null default now()
public.invitations: updated_at timestamp with time zone not null default now()
public.key_rotations: id uuid not null
public.key_rotations: started_at timestamp with time zone not null default clock_timestamp()
public.key_rotations: finished_at timestamp with time zone
public.migrations: id integer not null default nextval('migrations_id_seq'::regclass)
public.migrations: name character varying(255)
public.migrations: batch integer
public.migrations: migration_time timestamp with time zone
public.migrations_lock: index integer not null default nextval('migrations_lock_index_seq'::regclass)
public.migrations_lock: is_locked integer
public.notifications: organization_id uuid not null
public.notifications: id uuid not null
public.notifications: user_id uuid not null
public.notifications: integration_id uuid
public.notifications: kind text not null
public.notifications: rung smallint not null default 0
public.notifications: episode timestamp with time zone not null
public.notifications: detail jsonb not null
public.notifications: created_at timestamp with time zone not null default now()
public.notifications: claimed_at timestamp with time zone
public.notifications: sent_at timestamp with time zone
public.organization_keys: organization_id uuid not null
public.organization_keys: id uuid not null
public.organization_keys: kek_id text not null
public.organization_keys: wrapped bytea not null
public.organization_keys: is_current boolean not null default true
public.organization_keys: created_at timestamp with time zone not null default now()
public.organization_memberships: organization_id uuid not null
public.organization_memberships: id uuid not null
public.organization_memberships: user_id uuid not null
public.organization_memberships: role text not null
public.organization_memberships: invited_by uuid
public.organization_memberships: is_active boolean not null default true
public.organization_memberships: created_at timestamp with time zone not null default now()
public.organization_memberships: updated_at timestamp with time zone not null default now()
public.organization_purges: id uuid not null
public.organization_purges: organization uuid not null
public.organization_purges: user_id uuid
public.organization_purges: state text not null default 'unsubscribing'::text
public.organization_purges: pages_left integer not null
public.organization_purges: rows_erased bigint not null default 0
public.organization_purges: lease_token uuid
public.organization_purges: lease_until timestamp with time zone
public.organization_purges: asked_at timestamp with time zone not null default now()
public.organization_purges: finished_at timestamp with time zone
public.organizations: id uuid not null
public.organizations: name text not null
public.organizations: slug text not null
public.organizations: owner_id uuid not null
public.organizations: is_active boolean not null default true
public.organizations: deactivated_at timestamp with time zone
public.organizations: replies_paused boolean not null default false
public.organizations: version integer not null default 1
public.organizations: created_at timestamp with time zone not null default now()
public.organizations: updated_at timestamp with time zone not null default now()
public.organizations: purge_id uuid
public.page_claims: page_id text not null
public.page_claims: organization_id uuid not null
public.page_claims: integration_id uuid not null
public.page_claims: generation integer not null
public.page_claims: claimed_at timestamp with time zone not null default now()
public.page_unsubscriptions: organization_id uuid not null
public.page_unsubscriptions: id uuid not null
public.page_unsubscriptions: integration_id uuid not null
public.page_unsubscriptions: page_id text not null
public.page_unsubscriptions: page_access_token bytea
public.page_unsubscriptions: attempts smallint not null default 0
public.page_unsubscriptions: due_at timestamp with time zone not null
public.personal_idempotency_keys: user_id uuid not null
public.personal_idempotency_keys: id uuid not null
public.personal_idempotency_keys: key_hash bytea not null
public.personal_idempotency_keys: fingerprint bytea not null
public.personal_idempotency_keys: status smallint
public.personal_idempotency_keys: answer bytea
public.personal_idempotency_keys: created_at timestamp with time zone not null default now()
public.personal_idempotency_keys: about_organization uuid
public.personal_idempotency_keys: etag text
public.replies: organization_id uuid not null
public.replies: id uuid not null
public.replies: integration_id uuid not null
public.replies: event_id uuid not null
public.replies: page_id text not null
public.replies: source_id text not null
public.replies: kind text not null
public.replies: state text not null
public.replies: rule text
public.replies: reason text not null
public.replies: sent_id text
public.replies: attempts smallint not null default 0
public.replies: sending_at timestamp with time zone
public.replies: finished_at timestamp with time zone
public.replies: created_at timestamp with time zone not null default app.now()
public.replies: thread_hash bytea
public.replies: text bytea
public.replies: sent_comment text
public.staff_entries: organization_id uuid not null
public.staff_entries: id uuid not null
public.staff_entries: user_id uuid not null
public.staff_entries: reason text not null
public.staff_entries: entered_at timestamp with time zone not null default now()
public.staff_entries: expires_at timestamp with time zone not null
public.system_keys: name text not null
public.system_keys: kek_id text not null
public.system_keys: wrapped bytea not null
public.system_keys: created_at timestamp with time zone not null default now()
public.threads: organization_id uuid not null
public.threads: integration_id uuid not null
public.threads: thread_hash bytea not null
public.threads: human_until timestamp with time zone not null
public.webhook_events: organization_id uuid not null
public.webhook_events: id uuid not null
public.webhook_events: integration_id uuid not null
public.webhook_events: kind text not null
public.webhook_events: person_hash bytea
public.webhook_events: thread_hash bytea
public.webhook_events: payload bytea not null
public.webhook_events: received_at timestamp with time zone not null default now()
public.webhook_events: state text not null default 'pending'::text
public.webhook_events: attempts smallint not null default 0
public.webhook_events: not_before timestamp with time zone
public.webhook_events: processed_at timestamp with time zone
public.webhook_events: reason text
public.webhook_events: page_id text not null
public.webhook_events: replay text

-- constraints
app.clock: clock_only_row_check CHECK (only_row)
app.clock: clock_pkey PRIMARY KEY (only_row)
auth.accounts: accounts_pkey PRIMARY KEY (id)
auth.accounts: accounts_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE
auth.sessions: sessions_pkey PRIMARY KEY (id)
auth.sessions: sessions_token_key UNIQUE (token)
auth.sessions: sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE
auth.two_factors: two_factors_pkey PRIMARY KEY (id)
auth.two_factors: two_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE
auth.two_factors: two_factors_user_id_key UNIQUE (user_id)
auth.users: users_email_key UNIQUE (email)
auth.users: users_pkey PRIMARY KEY (id)
auth.verifications: verifications_pkey PRIMARY KEY (id)
partitions.webhook_events_default: webhook_events_default_pkey PRIMARY KEY (organization_id, id)
partitions.webhook_events_default: webhook_events_replay_check CHECK ((replay = ANY (ARRAY['quiet'::text, 'replies'::text])))
partitions.webhook_events_default: webhook_events_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'parked'::text, 'processed'::text, 'ignored'::text, 'failed'::text])))
public.api_keys: api_keys_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users(id)
public.api_keys: api_keys_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200)))
public.api_keys: api_keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id)
public.api_keys: api_keys_organization_id_replaced_by_fkey FOREIGN KEY (organization_id, replaced_by) REFERENCES api_keys(organization_id, id)
public.api_keys: api_keys_pkey PRIMARY KEY (organization_id, id)
public.api_keys: api_keys_role_check CHECK ((role = ANY (ARRAY['OWNER'::text, 'ADMIN'::text, 'MEMBER'::text])))
public.api_keys: api_keys_scopes_check CHECK (((scopes <@ ARRAY['read'::text, 'write'::text, 'events'::text, 'members'::text]) AND (cardinality(scopes) > 0)))
public.app_pauses: app_pauses_pkey PRIMARY KEY (app_id)
public.audit_events: audit_events_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id)
public.audit_events: audit_events_pkey PRIMARY KEY (organization_id, id)
public.businesses: businesses_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200)))
public.businesses: businesses_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id)
public.businesses: businesses_pkey PRIMARY KEY (organization_id, id)
public.businesses: businesses_slug_check CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (char_length(slug) <= 63)))
public.data_deletions: data_deletions_pkey PRIMARY KEY (code)
public.facebook_connections: facebook_connections_organization_id_business_id_fkey FOREIGN KEY (organization_id, business_id) REFERENCES businesses(organization_id, id)
public.facebook_connections: facebook_connections_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id)
public.facebook_connections: facebook_connections_organization_id_login_id_fkey FOREIGN KEY (organization_id, login_id) REFERENCES facebook_logins(organization_id, id)
public.facebook_connections: facebook_connections_organization_id_reconnect_id_fkey FOREIGN KEY (organization_id, reconnect_id) REFERENCES integrations(organization_id, id)
public.facebook_connections: facebook_connections_organization_id_state_hash_key UNIQUE (organization_id, state_hash)
public.facebook_connections: facebook_connections_pkey PRIMARY KEY (organization_id, id)
public.facebook_connections: facebook_connections_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'exchanging'::text, 'ready'::text, 'failed'::text])))
public.facebook_connections: facebook_connections_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id)
public.facebook_logins: facebook_logins_kind_check CHECK ((kind = ANY (ARRAY['user'::text, 'system_user'::text])))
public.facebook_logins: facebook_logins_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id)
public.facebook_logins: facebook_logins_pkey PRIMARY KEY (organization_id, id)
public.facebook_page_integrations: facebook_page_integrations_organization_id_id_fkey FOREIGN KEY (organization_id, id) REFERENCES integrations(organization_id, id)
public.facebook_page_integrations: facebook_page_integrations_organization_id_login_id_fkey FOREIGN KEY (organization_id, login_id) REFERENCES facebook_logins(organization_id, id)
public.facebook_page_integrations: facebook_page_integrations_page_id_check CHECK ((page_id ~ '^[0-9]{1,32}$'::text))
public.facebook_page_integrations: facebook_page_integrations_pkey PRIMARY KEY (organization_id, id)
public.facebook_page_integrations: facebook_page_integrations_status_check CHECK ((status = ANY (ARRAY['disconnected'::text, 'page_lost'::text, 'needs_reauth'::text, 'blocked_user_action'::text, 'needs_permission'::text, 'not_subscribed'::text, 'expiring'::text, 'unverified'::text, 'healthy'::text])))
public.idempotency_keys: idempotency_keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id)
public.idempotency_keys: idempotency_keys_organization_id_key_hash_key UNIQUE (organization_id, key_hash)
public.idempotency_keys: idempotency_keys_pkey PRIMARY KEY (organization_id, id)
public.integrations: integrations_integration_type_check CHECK ((integration_type = 'FACEBOOK_PAGE'::text))
public.integrations: integrations_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200)))
public.integrations: integrations_organization_id_business_id_fkey FOREIGN KEY (organization_id, business_id) REFERENCES businesses(organization_id, id)
public.integrations: integrations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id)
public.integrations: integrations_pkey PRIMARY KEY (organization_id, id)
public.invitations: invitations_accepted_by_fkey FOREIGN KEY (accepted_by) REFERENCES auth.users(id)
public.invitations: invitations_email_check CHECK (((email = lower(email)) AND (char_length(email) <= 320)))
public.invitations: invitations_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES auth.users(id)
public.invitations: invitations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id)
public.invitations: invitations_organization_id_invited_by_key_fkey FOREIGN KEY (organization_id, invited_by_key) REFERENCES api_keys(organization_id, id)
public.invitations: invitations_pkey PRIMARY KEY (organization_id, id)
public.invitations: invitations_role_check CHECK ((role = ANY (ARRAY['OWNER'::text, 'ADMIN'::text, 'MEMBER'::text])))
public.invitations: invitations_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'accepted'::text, 'revoked'::text])))
public.key_rotations: key_rotations_pkey PRIMARY KEY (id)
public.migrations: migrations_pkey PRIMARY KEY (id)
public.migrations_lock: migrations_lock_pkey PRIMARY KEY (index)
public.notifications: notifications_kind_check CHECK ((kind = ANY (ARRAY['expiring'::text, 'dead'::text, 'recovered'::text, 'deaf'::text, 'heard'::text, 'moved'::text, 'taken_over'::text, 'blocked'::text, 'staff_entered'::text])))
public.notifications: notifications_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id)
public.notifications: notifications_organization_id_integration_id_fkey FOREIGN KEY (organization_id, integration_id) REFERENCES integrations(organization_id, id)
public.notifications: notifications_organization_id_integration_id_kind_rung_epis_key UNIQUE (organization_id, integration_id, kind, rung, episode, user_id)
public.notifications: notifications_page_check CHECK (((integration_id IS NOT NULL) OR (kind = 'staff_entered'::text)))
public.notifications: notifications_pkey PRIMARY KEY (organization_id, id)
public.notifications: notifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id)
public.organization_keys: organization_keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id)
public.organization_keys: organization_keys_pkey PRIMARY KEY (organization_id, id)
public.organization_memberships: keep_an_owner TRIGGER DEFERRABLE INITIALLY DEFERRED
public.organization_memberships: organization_memberships_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES auth.users(id)
public.organization_memberships: organization_memberships_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id)
public.organization_memberships: organization_memberships_organization_id_user_id_key UNIQUE (organization_id, user_id)
public.organization_memberships: organization_memberships_pkey PRIMARY KEY (organization_id, id)
public.organization_memberships: organization_memberships_role_check CHECK ((role = ANY (ARRAY['OWNER'::text, 'ADMIN'::text, 'MEMBER'::text])))
public.organization_memberships: organization_memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id)
public.organization_purges: organization_purges_organization_key UNIQUE (organization)
public.organization_purges: organization_purges_pkey PRIMARY KEY (id)
public.organization_purges: organization_purges_state_check CHECK ((state = ANY (ARRAY['unsubscribing'::text, 'erasing'::text, 'finished'::text])))
public.organization_purges: organization_purges_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE SET NULL
public.organizations: organizations_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200)))
public.organizations: organizations_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES auth.users(id)
public.organizations: organizations_pkey PRIMARY KEY (id)
public.organizations: organizations_purge_id_fkey FOREIGN KEY (purge_id) REFERENCES organization_purges(id)
public.organizations: organizations_slug_check CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (char_length(slug) <= 63)))
public.page_claims: page_claims_organization_id_integration_id_fkey FOREIGN KEY (organization_id, integration_id) REFERENCES facebook_page_integrations(organization_id, id)
public.page_claims: page_claims_pkey PRIMARY KEY (page_id)
public.page_unsubscriptions: page_unsubscriptions_organization_id_integration_id_fkey FOREIGN KEY (organization_id, integration_id) REFERENCES facebook_page_integrations(organization_id, id)
public.page_unsubscriptions: page_unsubscriptions_organization_id_page_id_key UNIQUE (organization_id, page_id)
public.page_unsubscriptions: page_unsubscriptions_pkey PRIMARY KEY (organization_id, id)
public.personal_idempotency_keys: personal_idempotency_keys_pkey PRIMARY KEY (user_id, id)
public.personal_idempotency_keys: personal_idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id)
public.personal_idempotency_keys: personal_idempotency_keys_user_id_key_hash_key UNIQUE (user_id, key_hash)
public.replies: replies_organization_id_integration_id_fkey FOREIGN KEY (organization_id, integration_id) REFERENCES integrations(organization_id, id)
public.replies: replies_organization_id_page_id_source_id_key UNIQUE (organization_id, page_id, source_id)
public.replies: replies_pkey PRIMARY KEY (organization_id, id)
public.replies: replies_state_check CHECK ((state = ANY (ARRAY['claimed'::text, 'sending'::text, 'sent'::text, 'rejected'::text, 'unknown'::text, 'shadow'::text, 'skipped'::text])))
public.staff_entries: staff_entries_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id)
public.staff_entries: staff_entries_pkey PRIMARY KEY (organization_id, id)
public.staff_entries: staff_entries_reason_check CHECK (((char_length(reason) >= 1) AND (char_length(reason) <= 500)))
public.staff_entries: staff_entries_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id)
public.system_keys: system_keys_pkey PRIMARY KEY (name)
public.threads: threads_organization_id_integration_id_fkey FOREIGN KEY (organization_id, integration_id) REFERENCES integrations(organization_id, id)
public.threads: threads_pkey PRIMARY KEY (organization_id, integration_id, thread_hash)
public.webhook_events: webhook_events_pkey PRIMARY KEY (organization_id, id)
public.webhook_events: webhook_events_replay_check CHECK ((replay = ANY (ARRAY['quiet'::text, 'replies'::text])))
public.webhook_events: webhook_events_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'parked'::text, 'processed'::text, 'ignored'::text, 'failed'::text])))

-- indexes
CREATE INDEX accounts_user_id_idx ON auth.accounts USING btree (user_id)
CREATE INDEX audit_events_action ON public.audit_events USING btree (organization_id, action, id)
CREATE INDEX audit_events_actor ON public.audit_events USING btree (organization_id, actor_id, id)
CREATE INDEX audit_events_status ON public.audit_events USING btree (organization_id, subject_id, id) WHERE (action = 'integration.status_changed'::text)
CREATE INDEX businesses_active ON public.businesses USING btree (organization_id, is_active, id)
CREATE INDEX data_deletions_person ON public.data_deletions USING btree (person_hash)
CREATE INDEX facebook_connections_end ON public.facebook_connections USING btree (expires_at)
CREATE INDEX facebook_connections_login ON public.facebook_connections USING btree (organization_id, login_id)
CREATE INDEX facebook_logins_person ON public.facebook_logins USING btree (person_hash) WHERE (person_hash IS NOT NULL)
CREATE INDEX facebook_logins_token ON public.facebook_logins USING btree (organization_id, token_hash) WHERE (token_hash IS NOT NULL)
CREATE INDEX facebook_page_integrations_due ON public.facebook_page_integrations USING btree (next_check_at) WHERE (next_check_at IS NOT NULL)
CREATE INDEX facebook_page_integrations_login ON public.facebook_page_integrations USING btree (organization_id, login_id)
CREATE INDEX facebook_page_integrations_moved ON public.facebook_page_integrations USING btree (moved_at) WHERE (moved_at IS NOT NULL)
CREATE INDEX facebook_page_integrations_page ON public.facebook_page_integrations USING btree (organization_id, page_id)
CREATE INDEX facebook_page_integrations_revived ON public.facebook_page_integrations USING btree (organization_id, id) WHERE (revived_at IS NOT NULL)
CREATE INDEX facebook_page_integrations_status ON public.facebook_page_integrations USING btree (status) WHERE (next_check_at IS NOT NULL)
CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (created_at)
CREATE INDEX integrations_active ON public.integrations USING btree (organization_id, is_active, id)
CREATE INDEX integrations_business ON public.integrations USING btree (organization_id, business_id, integration_type)
CREATE INDEX integrations_type ON public.integrations USING btree (organization_id, integration_type)
CREATE INDEX invitations_accepted ON public.invitations USING btree (accepted_by) WHERE (accepted_by IS NOT NULL)
CREATE INDEX invitations_address ON public.invitations USING btree (email)
CREATE INDEX invitations_token ON public.invitations USING btree (token_hash)
CREATE INDEX invitations_unsent ON public.invitations USING btree (organization_id, id) WHERE ((state = 'pending'::text) AND (sent_at IS NULL))
CREATE INDEX notifications_unsent ON public.notifications USING btree (organization_id, id) WHERE (sent_at IS NULL)
CREATE INDEX organization_keys_kek ON public.organization_keys USING btree (kek_id)
CREATE INDEX organization_memberships_user ON public.organization_memberships USING btree (user_id, organization_id)
CREATE INDEX organization_purges_running ON public.organization_purges USING btree (organization) WHERE (finished_at IS NULL)
CREATE INDEX organizations_inactive_slug ON public.organizations USING btree (slug) WHERE (NOT is_active)
CREATE INDEX organizations_owner ON public.organizations USING btree (owner_id, is_active)
CREATE INDEX page_unsubscriptions_due ON public.page_unsubscriptions USING btree (due_at)
CREATE INDEX personal_idempotency_keys_about ON public.personal_idempotency_keys USING btree (about_organization) WHERE (about_organization IS NOT NULL)
CREATE INDEX personal_idempotency_keys_age ON public.personal_idempotency_keys USING btree (created_at)
CREATE INDEX replies_event ON public.replies USING btree (organization_id, event_id)
CREATE INDEX replies_integration ON public.replies USING btree (organization_id, integration_id, id)
CREATE INDEX replies_lately ON public.replies USING btree (organization_id, integration_id, sending_at) WHERE (sending_at IS NOT NULL)
CREATE INDEX replies_rare ON public.replies USING btree (organization_id, id) WHERE (state = ANY (ARRAY['rejected'::text, 'unknown'::text, 'shadow'::text]))
CREATE INDEX replies_sent_comment ON public.replies USING btree (organization_id, page_id, sent_comment) WHERE (sent_comment IS NOT NULL)
CREATE INDEX replies_thread ON public.replies USING btree (organization_id, thread_hash) WHERE (thread_hash IS NOT NULL)
CREATE INDEX replies_unfinished ON public.replies USING btree (organization_id, integration_id, thread_hash) WHERE (finished_at IS NULL)
CREATE INDEX replies_worded ON public.replies USING btree (created_at) WHERE (text IS NOT NULL)
CREATE INDEX sessions_expires_at_idx ON auth.sessions USING btree (expires_at)
CREATE INDEX sessions_user_id_idx ON auth.sessions USING btree (user_id)
CREATE INDEX staff_entries_user ON public.staff_entries USING btree (organization_id, user_id, expires_at)
CREATE INDEX threads_thread ON public.threads USING btree (organization_id, thread_hash)
CREATE INDEX verifications_identifier_idx ON auth.verifications USING btree (identifier)
CREATE INDEX verifications_value ON auth.verifications USING btree (value)
CREATE INDEX webhook_events_closed ON ONLY public.webhook_events USING btree (organization_id, integration_id, id) WHERE (state = ANY (ARRAY['processed'::text, 'ignored'::text, 'failed'::text]))
CREATE INDEX webhook_events_default_age ON partitions.webhook_events_default USING btree (received_at)
CREATE INDEX webhook_events_default_organization_id_id_idx ON partitions.webhook_events_default USING btree (organization_id, id) WHERE (state = 'failed'::text)
CREATE INDEX webhook_events_default_organization_id_id_idx1 ON partitions.webhook_events_default USING btree (organization_id, id) WHERE (state = 'processed'::text)
CREATE INDEX webhook_events_default_organization_id_integration_id_id_idx ON partitions.webhook_events_default USING btree (organization_id, integration_id, id) WHERE (state = 'pending'::text)
CREATE INDEX webhook_events_default_organization_id_integration_id_id_idx1 ON partitions.webhook_events_default USING btree (organization_id, integration_id, id) WHERE (state = 'parked'::text)
CREATE INDEX webhook_events_default_organization_id_integration_id_id_idx2 ON partitions.webhook_events_default USING btree (organization_id, integration_id, id) WHERE (state = ANY (ARRAY['processed'::text, 'ignored'::text, 'failed'::text]))
CREATE INDEX webhook_events_default_organization_id_kind_id_idx ON partitions.webhook_events_default USING btree (organization_id, kind, id) WHERE (state = ANY (ARRAY['processed'::text, 'ignored'::text, 'failed'::text]))
CREATE INDEX webhook_events_failed ON ONLY public.webhook_events USING btree (organization_id, id) WHERE (state = 'failed'::text)
CREATE INDEX webhook_events_kind ON ONLY public.webhook_events USING btree (organization_id, kind, id) WHERE (state = ANY (ARRAY['processed'::text, 'ignored'::text, 'failed'::text]))
CREATE INDEX webhook_events_parked ON ONLY public.webhook_events USING btree (organization_id, integration_id, id) WHERE (state = 'parked'::text)
CREATE INDEX webhook_events_pending ON ONLY public.webhook_events USING btree (organization_id, integration_id, id) WHERE (state = 'pending'::text)
CREATE INDEX webhook_events_processed ON ONLY public.webhook_events USING btree (organization_id, id) WHERE (state = 'processed'::text)
CREATE UNIQUE INDEX accounts_pkey ON auth.accounts USING btree (id)
CREATE UNIQUE INDEX api_keys_pkey ON public.api_keys USING btree (organization_id, id)
CREATE UNIQUE INDEX api_keys_secret ON public.api_keys USING btree (secret_hash)
CREATE UNIQUE INDEX app_pauses_pkey ON public.app_pauses USING btree (app_id)
CREATE UNIQUE INDEX audit_events_pkey ON public.audit_events USING btree (organization_id, id)
CREATE UNIQUE INDEX businesses_pkey ON public.businesses USING btree (organization_id, id)
CREATE UNIQUE INDEX businesses_slug ON public.businesses USING btree (organization_id, slug) WHERE is_active
CREATE UNIQUE INDEX clock_pkey ON app.clock USING btree (only_row)
CREATE UNIQUE INDEX data_deletions_pkey ON public.data_deletions USING btree (code)
CREATE UNIQUE INDEX facebook_connections_organization_id_state_hash_key ON public.facebook_connections USING btree (organization_id, state_hash)
CREATE UNIQUE INDEX facebook_connections_pkey ON public.facebook_connections USING btree (organization_id, id)
CREATE UNIQUE INDEX facebook_logins_pkey ON public.facebook_logins USING btree (organization_id, id)
CREATE UNIQUE INDEX facebook_page_integrations_pkey ON public.facebook_page_integrations USING btree (organization_id, id)
CREATE UNIQUE INDEX idempotency_keys_organization_id_key_hash_key ON public.idempotency_keys USING btree (organization_id, key_hash)
CREATE UNIQUE INDEX idempotency_keys_pkey ON public.idempotency_keys USING btree (organization_id, id)
CREATE UNIQUE INDEX integrations_pkey ON public.integrations USING btree (organization_id, id)
CREATE UNIQUE INDEX invitations_email ON public.invitations USING btree (organization_id, email) WHERE (state = 'pending'::text)
CREATE UNIQUE INDEX invitations_pkey ON public.invitations USING btree (organization_id, id)
CREATE UNIQUE INDEX key_rotations_pkey ON public.key_rotations USING btree (id)
CREATE UNIQUE INDEX key_rotations_running ON public.key_rotations USING btree ((true)) WHERE (finished_at IS NULL)
CREATE UNIQUE INDEX migrations_lock_pkey ON public.migrations_lock USING btree (index)
CREATE UNIQUE INDEX migrations_pkey ON public.migrations USING btree (id)
CREATE UNIQUE INDEX notifications_organization_id_integration_id_kind_rung_epis_key ON public.notifications USING btree (organization_id, integration_id, kind, rung, episode, user_id)
CREATE UNIQUE INDEX notifications_pkey ON public.notifications USING btree (organization_id, id)
CREATE UNIQUE INDEX organization_keys_current ON public.organization_keys USING btree (organization_id) WHERE is_current
CREATE UNIQUE INDEX organization_keys_pkey ON public.organization_keys USING btree (organization_id, id)
CREATE UNIQUE INDEX organization_memberships_organization_id_user_id_key ON public.organization_memberships USING btree (organization_id, user_id)
CREATE UNIQUE INDEX organization_memberships_pkey ON public.organization_memberships USING btree (organization_id, id)
CREATE UNIQUE INDEX organization_purges_organization_key ON public.organization_purges USING btree (organization)
CREATE UNIQUE INDEX organization_purges_pkey ON public.organization_purges USING btree (id)
CREATE UNIQUE INDEX organizations_pkey ON public.organizations USING btree (id)
CREATE UNIQUE INDEX organizations_slug ON public.organizations USING btree (slug) WHERE is_active
CREATE UNIQUE INDEX page_claims_integration ON public.page_claims USING btree (organization_id, integration_id)
CREATE UNIQUE INDEX page_claims_pkey ON public.page_claims USING btree (page_id)
CREATE UNIQUE INDEX page_unsubscriptions_organization_id_page_id_key ON public.page_unsubscriptions USING btree (organization_id, page_id)
CREATE UNIQUE INDEX page_unsubscriptions_pkey ON public.page_unsubscriptions USING btree (organization_id, id)
CREATE UNIQUE INDEX personal_idempotency_keys_pkey ON public.personal_idempotency_keys USING btree (user_id, id)
CREATE UNIQUE INDEX personal_idempotency_keys_user_id_key_hash_key ON public.personal_idempotency_keys USING btree (user_id, key_hash)
CREATE UNIQUE INDEX replies_organization_id_page_id_source_id_key ON public.replies USING btree (organization_id, page_id, source_id)
CREATE UNIQUE INDEX replies_pkey ON public.replies USING btree (organization_id, id)
CREATE UNIQUE INDEX sessions_pkey ON auth.sessions USING btree (id)
CREATE UNIQUE INDEX sessions_token_key ON auth.sessions USING btree (token)
CREATE UNIQUE INDEX staff_entries_pkey ON public.staff_entries USING btree (organization_id, id)
CREATE UNIQUE INDEX system_keys_pkey ON public.system_keys USING btree (name)
CREATE UNIQUE INDEX threads_pkey ON public.threads USING btree (organization_id, integration_id, thread_hash)
CREATE UNIQUE INDEX two_factors_pkey ON auth.two_factors USING btree (id)
CREATE UNIQUE INDEX two_factors_user_id_key ON auth.two_factors USING btree (user_id)
CREATE UNIQUE INDEX users_email_key ON auth.users USING btree (email)
CREATE UNIQUE INDEX users_pkey ON auth.users USING btree (id)
CREATE UNIQUE INDEX verifications_pkey ON auth.verifications USING btree (id)
CREATE UNIQUE INDEX webhook_events_default_pkey ON partitions.webhook_events_default USING btree (organization_id, id)
CREATE UNIQUE INDEX webhook_events_pkey ON ONLY public.webhook_events USING btree (organization_id, id)

-- statistics
CREATE STATISTICS partitions.webhook_events_default_owners (dependencies) ON organization_id, integration_id FROM partitions.webhook_events_default
CREATE STATISTICS public.replies_owners (dependencies) ON organization_id, integration_id, page_id FROM replies
CREATE STATISTICS public.threads_owners (dependencies) ON organization_id, integration_id FROM threads
CREATE STATISTICS public.webhook_events_owners (dependencies) ON organization_id, integration_id FROM webhook_events
partitions.webhook_events_default: integration_id n_distinct=10
partitions.webhook_events_default: organization_id n_distinct=10
public.facebook_page_integrations: organization_id n_distinct=10
public.integrations: organization_id n_distinct=10
public.replies: integration_id n_distinct=10
public.replies: organization_id n_distinct=10
public.replies: page_id n_distinct=10
public.threads: integration_id n_distinct=10
public.threads: organization_id n_distinct=10

-- row level security
auth.users: forced
partitions.webhook_events_default: forced
public.api_keys: forced
public.audit_events: forced
public.businesses: forced
public.facebook_connections: forced
public.facebook_logins: forced
public.facebook_page_integrations: forced
public.idempotency_keys: forced
public.integrations: forced
public.invitations: forced
public.notifications: forced
public.organization_keys: forced
public.organization_memberships: forced
public.organization_purges: forced
public.organizations: forced
public.page_claims: forced
public.page_unsubscriptions: forced
public.personal_idempotency_keys: forced
public.replies: forced
public.staff_entries: forced
public.threads: forced
public.webhook_events: forced

-- policies
auth.users: auth_service for all to pagekeeper_auth using (true) with check (true)
auth.users: members for select to pagekeeper_app using ((EXISTS ( SELECT
   FROM organization_memberships
  WHERE ((organization_memberships.user_id = users.id) AND organization_memberships.is_active))))
auth.users: oneself for select to pagekeeper_app using ((id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")))
auth.users: oneself_changes for w to pagekeeper_app using ((id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")))
auth.users: owner_appoints for w to pagekeeper_owner using (true) with check (true)
auth.users: owner_finds for select to pagekeeper_owner using (true)
auth.users: router_reads for select to pagekeeper_router using (true)
auth.users: staff for select to pagekeeper_app using (( SELECT router.is_staff() AS is_staff))
partitions.webhook_events_default: owner_moves for all to pagekeeper_owner using (true) with check (true)
public.api_keys: router_notes_use for w to pagekeeper_router using (true) with check (true)
public.api_keys: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.api_keys: router_reads for select to pagekeeper_router using (true)
public.api_keys: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.audit_events: router_forgets for w to pagekeeper_router using ((COALESCE((changes ->> 'email'::text), (changes ->> 'owner_email'::text)) IS NOT NULL)) with check ((COALESCE((changes ->> 'email'::text), (changes ->> 'owner_email'::text)) ~~ 'erased-%@invalid'::text))
public.audit_events: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.audit_events: router_reads for select to pagekeeper_router using (true)
public.audit_events: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.businesses: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.businesses: router_reads for select to pagekeeper_router using (true)
public.businesses: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.facebook_connections: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.facebook_connections: router_reads for select to pagekeeper_router using (true)
public.facebook_connections: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.facebook_logins: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.facebook_logins: router_reads for select to pagekeeper_router using (true)
public.facebook_logins: router_revokes for w to pagekeeper_router using (true) with check (true)
public.facebook_logins: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.facebook_page_integrations: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.facebook_page_integrations: router_reads for select to pagekeeper_router using (true)
public.facebook_page_integrations: router_writes for w to pagekeeper_router using (true) with check (true)
public.facebook_page_integrations: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.idempotency_keys: router_forgets for d to pagekeeper_router using ((created_at < (now() - '24:00:00'::interval)))
public.idempotency_keys: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.idempotency_keys: router_reads for select to pagekeeper_router using (true)
public.idempotency_keys: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.integrations: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.integrations: router_reads for select to pagekeeper_router using (true)
public.integrations: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.invitations: router_forgets for w to pagekeeper_router using (true) with check ((email ~~ 'erased-%@invalid'::text))
public.invitations: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.invitations: router_reads for select to pagekeeper_router using (true)
public.invitations: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.notifications: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.notifications: router_reads for select to pagekeeper_router using (true)
public.notifications: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.organization_keys: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.organization_keys: router_reads for select to pagekeeper_router using (true)
public.organization_keys: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.organization_memberships: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.organization_memberships: router_reads for select to pagekeeper_router using (true)
public.organization_memberships: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.organization_purges: person for select to pagekeeper_app using ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")))
public.organization_purges: person_asks for insert to pagekeeper_app with check (((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")) AND (organization = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))))
public.organization_purges: router_reads for select to pagekeeper_router using (true)
public.organization_purges: router_works for w to pagekeeper_router using (true) with check (true)
public.organizations: router_purges for d to pagekeeper_router using ((id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.organizations: router_reads for select to pagekeeper_router using (true)
public.organizations: tenant for all to pagekeeper_app using ((id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.page_claims: router_moves for w to pagekeeper_router using (true) with check (true)
public.page_claims: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.page_claims: router_reads for select to pagekeeper_router using (true)
public.page_claims: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.page_unsubscriptions: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.page_unsubscriptions: router_reads for select to pagekeeper_router using (true)
public.page_unsubscriptions: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.personal_idempotency_keys: person for all to pagekeeper_app using ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")))
public.personal_idempotency_keys: router_forgets for d to pagekeeper_router using ((created_at < (now() - '24:00:00'::interval)))
public.personal_idempotency_keys: router_purges for d to pagekeeper_router using ((about_organization IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.personal_idempotency_keys: router_reads for select to pagekeeper_router using (true)
public.replies: router_forgets for w to pagekeeper_router using ((created_at < (app.now() - '8 days'::interval))) with check ((text IS NULL))
public.replies: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.replies: router_reads for select to pagekeeper_router using (true)
public.replies: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.staff_entries: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.staff_entries: router_reads for select to pagekeeper_router using (true)
public.staff_entries: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.threads: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.threads: router_reads for select to pagekeeper_router using (true)
public.threads: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))
public.webhook_events: router_inserts for insert to pagekeeper_router with check (true)
public.webhook_events: router_purges for d to pagekeeper_router using ((organization_id IN ( SELECT organization_purges.organization
   FROM organization_purges
  WHERE (organization_purges.finished_at IS NULL))))
public.webhook_events: router_reads for select to pagekeeper_router using (true)
public.webhook_events: tenant for all to pagekeeper_app using ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif"))) with check ((organization_id = ( SELECT (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid AS "nullif")))

-- grants
app.clock: SELECT to pagekeeper_app
app.clock: SELECT to pagekeeper_router
auth.accounts: DELETE to pagekeeper_auth
auth.accounts: INSERT to pagekeeper_auth
auth.accounts: SELECT to pagekeeper_auth
auth.accounts: UPDATE to pagekeeper_auth
auth.sessions: DELETE to pagekeeper_auth
auth.sessions: DELETE to pagekeeper_router
auth.sessions: INSERT to pagekeeper_auth
auth.sessions: SELECT to pagekeeper_auth
auth.sessions: UPDATE to pagekeeper_auth
auth.two_factors: DELETE to pagekeeper_auth
auth.two_factors: INSERT to pagekeeper_auth
auth.two_factors: SELECT to pagekeeper_auth
auth.two_factors: UPDATE to pagekeeper_auth
auth.users: DELETE to pagekeeper_auth
auth.users: INSERT to pagekeeper_auth
auth.users: SELECT to pagekeeper_auth
auth.users: UPDATE to pagekeeper_auth
auth.verifications: DELETE to pagekeeper_auth
auth.verifications: INSERT to pagekeeper_auth
auth.verifications: SELECT to pagekeeper_auth
auth.verifications: UPDATE to pagekeeper_auth
public.api_keys: DELETE to pagekeeper_router
public.api_keys: INSERT to pagekeeper_app
public.api_keys: SELECT to pagekeeper_app
public.app_pauses: INSERT to pagekeeper_app
public.app_pauses: SELECT to pagekeeper_app
public.app_pauses: UPDATE to pagekeeper_app
public.audit_events: DELETE to pagekeeper_router
public.audit_events: INSERT to pagekeeper_app
public.audit_events: SELECT to pagekeeper_app
public.businesses: DELETE to pagekeeper_router
public.businesses: INSERT to pagekeeper_app
public.businesses: SELECT to pagekeeper_app
public.data_deletions: INSERT to pagekeeper_router
public.data_deletions: SELECT to pagekeeper_app
public.facebook_connections: DELETE to pagekeeper_app
public.facebook_connections: DELETE to pagekeeper_router
public.facebook_connections: INSERT to pagekeeper_app
public.facebook_connections: SELECT to pagekeeper_app
public.facebook_logins: DELETE to pagekeeper_app
public.facebook_logins: DELETE to pagekeeper_router
public.facebook_logins: INSERT to pagekeeper_app
public.facebook_logins: SELECT to pagekeeper_app
public.facebook_page_integrations: DELETE to pagekeeper_router
public.facebook_page_integrations: INSERT to pagekeeper_app
public.facebook_page_integrations: SELECT to pagekeeper_app
public.idempotency_keys: DELETE to pagekeeper_router
public.idempotency_keys: INSERT to pagekeeper_app
public.idempotency_keys: SELECT to pagekeeper_app
public.integrations: DELETE to pagekeeper_router
public.integrations: INSERT to pagekeeper_app
public.integrations: SELECT to pagekeeper_app
public.invitations: DELETE to pagekeeper_router
public.invitations: INSERT to pagekeeper_app
public.invitations: SELECT to pagekeeper_app
public.key_rotations: INSERT to pagekeeper_app
public.key_rotations: SELECT to pagekeeper_app
public.migrations: SELECT to pagekeeper_app
public.notifications: DELETE to pagekeeper_router
public.notifications: INSERT to pagekeeper_app
public.notifications: SELECT to pagekeeper_app
public.organization_keys: DELETE to pagekeeper_router
public.organization_keys: INSERT to pagekeeper_app
public.organization_keys: SELECT to pagekeeper_app
public.organization_memberships: DELETE to pagekeeper_router
public.organization_memberships: INSERT to pagekeeper_app
public.organization_memberships: SELECT to pagekeeper_app
public.organization_purges: SELECT to pagekeeper_app
public.organization_purges: SELECT to pagekeeper_router
public.organizations: DELETE to pagekeeper_router
public.organizations: INSERT to pagekeeper_app
public.organizations: SELECT to pagekeeper_app
public.page_claims: DELETE to pagekeeper_app
public.page_claims: DELETE to pagekeeper_router
public.page_claims: INSERT to pagekeeper_app
public.page_claims: SELECT to pagekeeper_app
public.page_unsubscriptions: DELETE to pagekeeper_app
public.page_unsubscriptions: DELETE to pagekeeper_router
public.page_unsubscriptions: INSERT to pagekeeper_app
public.page_unsubscriptions: SELECT to pagekeeper_app
public.personal_idempotency_keys: DELETE to pagekeeper_router
public.personal_idempotency_keys: INSERT to pagekeeper_app
public.personal_idempotency_keys: SELECT to pagekeeper_app
public.replies: DELETE to pagekeeper_router
public.replies: INSERT to pagekeeper_app
public.replies: SELECT to pagekeeper_app
public.staff_entries: DELETE to pagekeeper_router
public.staff_entries: INSERT to pagekeeper_app
public.staff_entries: SELECT to pagekeeper_app
public.system_keys: INSERT to pagekeeper_app
public.system_keys: SELECT to pagekeeper_app
public.threads: DELETE to pagekeeper_app
public.threads: DELETE to pagekeeper_router
public.threads: INSERT to pagekeeper_app
public.threads: SELECT to pagekeeper_app
public.webhook_events: DELETE to pagekeeper_router
public.webhook_events: INSERT to pagekeeper_router
public.webhook_events: SELECT to pagekeeper_app

-- column grants
auth.sessions: SELECT (id, expires_at) to pagekeeper_router
auth.users: SELECT (id, is_staff) to pagekeeper_router
auth.users: SELECT (id, name, email, email_verified, image, created_at, updated_at, is_staff, notices, two_factor_enabled) to pagekeeper_app
auth.users: UPDATE (name, updated_at, notices) to pagekeeper_app
public.api_keys: SELECT (organization_id, id, secret_hash, role, scopes, expires_at, last_used_at, revoked_at) to pagekeeper_router
public.api_keys: UPDATE (last_used_at) to pagekeeper_router
public.api_keys: UPDATE (name, expires_at, revoked_at, replaced_by) to pagekeeper_app
public.app_pauses: SELECT (until) to pagekeeper_router
public.audit_events: SELECT (organization_id, id, action, subject_id, changes, created_at) to pagekeeper_router
public.audit_events: UPDATE (changes) to pagekeeper_router
public.businesses: SELECT (organization_id, id, is_active) to pagekeeper_router
public.businesses: UPDATE (name, slug, description, is_active, deactivated_at, version, updated_at) to pagekeeper_app
public.facebook_connections: SELECT (organization_id, id, expires_at) to pagekeeper_router
public.facebook_connections: UPDATE (state, reason, login_id, missing_permissions, pages, pages_total, expires_at, updated_at) to pagekeeper_app
public.facebook_logins: SELECT (organization_id, id, person_hash, generation, created_at, revoked_at) to pagekeeper_router
public.facebook_logins: UPDATE (access_token, generation, revoked_at) to pagekeeper_router
public.facebook_logins: UPDATE (access_token, person_hash, scopes, expires_at, data_access_expires_at, generation, lease_token, lease_until, updated_at, kind, exchange_tried_at, error) to pagekeeper_app
public.facebook_page_integrations: SELECT (organization_id, id, login_id, page_id, status, next_check_at, generation, paused_until, moved_at, revived_at) to pagekeeper_router
public.facebook_page_integrations: UPDATE (login_id, page_id, page_name, page_category, page_url, page_access_token, status, status_reason, status_since, next_check_at, last_checked_at, generation, drain_token, drain_until, updated_at, findings, paused_until, pause_reason, moved_at, revived_at) to pagekeeper_app
public.facebook_page_integrations: UPDATE (page_access_token, status, status_reason, status_since, next_check_at, generation, moved_at) to pagekeeper_router
public.idempotency_keys: SELECT (organization_id, id, created_at) to pagekeeper_router
public.idempotency_keys: UPDATE (status, answer, etag) to pagekeeper_app
public.integrations: SELECT (organization_id, id, business_id, config, is_active) to pagekeeper_router
public.integrations: UPDATE (name, config, is_active, deactivated_at, version, updated_at) to pagekeeper_app
public.invitations: SELECT (organization_id, id, email, token_hash, state, expires_at, sent_at, accepted_by) to pagekeeper_router
public.invitations: UPDATE (email, state, updated_at) to pagekeeper_router
public.invitations: UPDATE (role, token_hash, token_version, invited_by, invited_by_key, state, expires_at, sent_at, accepted_by, accepted_at, updated_at) to pagekeeper_app
public.key_rotations: UPDATE (finished_at) to pagekeeper_app
public.notifications: SELECT (organization_id, id, sent_at) to pagekeeper_router
public.notifications: UPDATE (claimed_at, sent_at) to pagekeeper_app
public.organization_keys: SELECT (organization_id, id, kek_id, wrapped, is_current, created_at) to pagekeeper_router
public.organization_keys: UPDATE (kek_id, wrapped, is_current) to pagekeeper_app
public.organization_memberships: SELECT (organization_id, id, user_id, role, is_active, created_at) to pagekeeper_router
public.organization_memberships: UPDATE (role, invited_by, is_active, updated_at) to pagekeeper_app
public.organization_purges: INSERT (id, organization, user_id, pages_left) to pagekeeper_app
public.organization_purges: UPDATE (state, pages_left, rows_erased, lease_token, lease_until, finished_at) to pagekeeper_router
public.organizations: SELECT (id, name, slug, owner_id, is_active, deactivated_at, replies_paused, version, created_at, updated_at, purge_id) to pagekeeper_router
public.organizations: UPDATE (name, slug, owner_id, is_active, deactivated_at, replies_paused, version, updated_at, purge_id) to pagekeeper_app
public.page_claims: SELECT (page_id, organization_id, integration_id, generation) to pagekeeper_router
public.page_claims: UPDATE (generation, claimed_at) to pagekeeper_app
public.page_claims: UPDATE (organization_id, integration_id, generation, claimed_at) to pagekeeper_router
public.page_unsubscriptions: SELECT (organization_id, id, due_at) to pagekeeper_router
public.page_unsubscriptions: UPDATE (integration_id, page_access_token, attempts, due_at) to pagekeeper_app
public.personal_idempotency_keys: SELECT (user_id, id, created_at, about_organization) to pagekeeper_router
public.personal_idempotency_keys: UPDATE (status, answer, etag) to pagekeeper_app
public.replies: SELECT (organization_id, id, state, created_at, text) to pagekeeper_router
public.replies: UPDATE (event_id, kind, state, rule, reason, sent_id, attempts, sending_at, finished_at, thread_hash, text) to pagekeeper_app
public.replies: UPDATE (text) to pagekeeper_router
public.staff_entries: SELECT (organization_id, id, user_id, expires_at) to pagekeeper_router
public.threads: SELECT (organization_id, thread_hash) to pagekeeper_router
public.threads: UPDATE (human_until) to pagekeeper_app
public.webhook_events: SELECT (organization_id, id, integration_id, received_at, state, not_before, replay) to pagekeeper_router
public.webhook_events: UPDATE (person_hash, thread_hash, payload, state, attempts, not_before, processed_at, reason, replay) to pagekeeper_app

-- triggers
CREATE CONSTRAINT TRIGGER keep_an_owner AFTER DELETE OR UPDATE ON public.organization_memberships DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.role = 'OWNER'::text) AND old.is_active)) EXECUTE FUNCTION router.keep_an_owner()
CREATE TRIGGER replies_sent_comment BEFORE UPDATE OF sent_id ON public.replies FOR EACH ROW WHEN ((new.kind = 'public_comment'::text)) EXECUTE FUNCTION app.note_sent_comment()

-- functions
CREATE OR REPLACE FUNCTION app.drop_event_partitions(before timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  week record;
  is_open boolean;
  dropped integer := 0;
begin
  if before > app.now() - interval '8 days' then raise exception 'younger than the windows for replies'; end if;
  for week in
    select c.relname, to_timestamp(right(c.relname, 8) || ' +00', 'YYYYMMDD TZH') as begins
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'partitions' and c.relkind = 'r' and c.relname ~ '^webhook_events_[0-9]{8}$'
    order by c.relname
  loop
    continue when week.begins + interval '7 days' > before;
    execute format('select exists (select from partitions.%I where state = ''pending'')', week.relname) into is_open;
    continue when is_open and week.begins + interval '37 days' > before;
    execute format('drop table partitions.%I', week.relname);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $function$
CREATE OR REPLACE FUNCTION app.event_id_at(moment timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$function$
CREATE OR REPLACE FUNCTION app.forget_events(before timestamp with time zone, batch integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  forgotten integer;
begin
  if before > app.now() - interval '8 days' then raise exception 'younger than the windows for replies'; end if;
  delete from partitions.webhook_events_default where ctid in (
    select ctid from partitions.webhook_events_default
    where received_at < before and (state <> 'pending' or received_at < before - interval '30 days') limit batch
  );
  get diagnostics forgotten = row_count;
  return forgotten;
end $function$
CREATE OR REPLACE FUNCTION app.make_event_partitions(since timestamp with time zone, until timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  week timestamptz := date_trunc('week', since, 'UTC');
  name text;
  lower uuid;
  upper uuid;
  made integer := 0;
begin
  if until - since > interval '1 year' then raise exception 'more than a year of partitions'; end if;
  while week < until loop
    name := 'webhook_events_' || to_char(week at time zone 'UTC', 'YYYYMMDD');
    if to_regclass('partitions.' || name) is null then
      lower := app.event_id_at(week);
      upper := app.event_id_at(week + interval '7 days');
      -- Before anything else: whoever reads a partition and then writes would wait for us, and we for them.
      perform set_config('lock_timeout', '2s', true);
      lock table only public.webhook_events in access exclusive mode;
      execute format('create table partitions.%I (like public.webhook_events including all)', name);
      execute format('alter table partitions.%I alter organization_id set (n_distinct = 10), alter integration_id set (n_distinct = 10)', name);
      execute format('with moved as (delete from partitions.webhook_events_default where id >= %L and id < %L
        returning *) insert into partitions.%I select * from moved', lower, upper, name);
      execute format('alter table public.webhook_events attach partition partitions.%I for values from (%L) to (%L)',
        name, lower, upper);
      execute format('alter table partitions.%I enable row level security', name);
      execute format('alter table partitions.%I force row level security', name);
      execute format('create policy owner_moves on partitions.%I to pagekeeper_owner using (true) with check (true)',
        name);
      made := made + 1;
    end if;
    week := week + interval '7 days';
  end loop;
  return made;
end $function$
CREATE OR REPLACE FUNCTION app.note_sent_comment()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  new.sent_comment := substring(new.sent_id from '[^_]+$');
  return new;
end $function$
CREATE OR REPLACE FUNCTION app.now()
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$ select pg_catalog.now() + (select clock_offset from app.clock) $function$
CREATE OR REPLACE FUNCTION router.app_pause(OUT seconds double precision)
 RETURNS double precision
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select coalesce(extract(epoch from max(p.until) - app.now()), 0)::double precision
  from public.app_pauses p where p.until > app.now()
$function$
CREATE OR REPLACE FUNCTION router.data_key_age(OUT seconds double precision)
 RETURNS double precision
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select extract(epoch from pg_catalog.now() - min(k.created_at))::double precision
  from public.organization_keys k where k.is_current
$function$
CREATE OR REPLACE FUNCTION router.due_logins(batch integer)
 RETURNS TABLE(organization_id uuid, login_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
  with due as materialized (
    select p.organization_id, p.login_id, p.id, p.next_check_at
    from public.facebook_page_integrations p where p.next_check_at <= app.now() order by p.next_check_at limit 50000
  )
  select d.organization_id, d.login_id from due d
  where (select o.is_active from public.organizations o where o.id = d.organization_id)
    and (select i.is_active and (select b.is_active from public.businesses b
           where b.organization_id = i.organization_id and b.id = i.business_id)
         from public.integrations i where i.organization_id = d.organization_id and i.id = d.id)
  group by d.organization_id, d.login_id
  order by min(d.next_check_at)
  limit batch
$function$
CREATE OR REPLACE FUNCTION router.due_unsubscriptions(batch integer)
 RETURNS TABLE(organization_id uuid, unsubscription_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select u.organization_id, u.id from public.page_unsubscriptions u
  where u.due_at <= app.now() order by u.due_at limit batch
$function$
CREATE OR REPLACE FUNCTION router.ended_connections(batch integer)
 RETURNS TABLE(organization_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select distinct c.organization_id from public.facebook_connections c
  join public.organizations o on o.id = c.organization_id and o.is_active
  where c.expires_at < app.now() - interval '1 hour'
  limit batch
$function$
CREATE OR REPLACE FUNCTION router.enter(person uuid, by_id uuid, by_slug text, allow_inactive boolean, OUT organization_id uuid, OUT role text)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  select m.organization_id, m.role into organization_id, role
  from public.organizations o
  join public.organization_memberships m on m.organization_id = o.id and m.user_id = person and m.is_active
  where (o.id = by_id or (o.slug = by_slug and o.is_active)) and (o.is_active or allow_inactive) and o.purge_id is null;
  if organization_id is null then
    select s.organization_id, 'STAFF' into organization_id, role
    from public.organizations o
    join public.staff_entries s on s.organization_id = o.id and s.user_id = person and s.expires_at > app.now()
    join auth.users u on u.id = person and u.is_staff
    where (o.id = by_id or (o.slug = by_slug and o.is_active)) and (o.is_active or allow_inactive)
      and o.purge_id is null
    limit 1;
  end if;
  if organization_id is null and allow_inactive and by_slug is not null then
    select o.id into by_id from public.organizations o
    where o.slug = by_slug and not o.is_active
      and (exists (select from public.organization_memberships m
          where m.organization_id = o.id and m.user_id = person and m.is_active)
        or exists (select from public.staff_entries s
          where s.organization_id = o.id and s.user_id = person and s.expires_at > app.now()))
    order by o.deactivated_at desc limit 1;
    if by_id is not null then
      select e.organization_id, e.role into organization_id, role from router.enter(person, by_id, null, true) e;
      return;
    end if;
  end if;
  if organization_id is null then
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', person::text, true);
end $function$
CREATE OR REPLACE FUNCTION router.enter_as_staff(person uuid, by_id uuid, by_slug text, OUT organization_id uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if not exists (select from auth.users u where u.id = person and u.is_staff) then
    raise exception 'not staff' using errcode = 'PK403';
  end if;
  select o.id into organization_id from public.organizations o
  where (o.id = by_id or (o.slug = by_slug and o.is_active)) and o.purge_id is null;
  if organization_id is null then
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', person::text, true);
end $function$
CREATE OR REPLACE FUNCTION router.enter_invitation(person uuid, hash bytea, OUT organization_id uuid, OUT invitation_id uuid)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  select i.organization_id, i.id into organization_id, invitation_id
  from public.invitations i
  join public.organizations o on o.id = i.organization_id and o.is_active
  where i.token_hash = hash;
  if organization_id is null then
    raise exception 'no such invitation' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', person::text, true);
end $function$
CREATE OR REPLACE FUNCTION router.enter_job(organization uuid, allow_inactive boolean, OUT organization_id uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  select o.id into organization_id from public.organizations o
  where o.id = organization and (o.is_active or allow_inactive);
  if organization_id is null then
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', '', true);
end $function$
CREATE OR REPLACE FUNCTION router.enter_key(hash bytea, by_id uuid, by_slug text, allow_inactive boolean, OUT organization_id uuid, OUT role text, OUT key_id uuid, OUT scopes text[])
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  select k.organization_id, k.role, k.id, k.scopes into organization_id, role, key_id, scopes
  from public.api_keys k
  where k.secret_hash = hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > app.now());
  if key_id is null then
    raise exception 'no such key' using errcode = 'PK401';
  end if;
  perform from public.organizations o
  where o.id = organization_id and (o.is_active or allow_inactive) and o.purge_id is null
    and (by_id is null or o.id = by_id) and (by_slug is null or o.slug = by_slug);
  if not found then
    if exists (select from public.organizations o where o.id = organization_id and o.purge_id is not null) then
      raise exception 'no such key' using errcode = 'PK401';
    end if;
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', '', true);
end $function$
CREATE OR REPLACE FUNCTION router.erase_organization(purge uuid, token uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target uuid := router.renew_purge(purge, token);
  erased integer;
  more integer;
begin
  if target is null then
    return false;
  end if;
  delete from public.organization_memberships m where m.organization_id = target;
  get diagnostics erased = row_count;
  delete from public.organization_keys k where k.organization_id = target;
  get diagnostics more = row_count;
  erased := erased + more;
  delete from public.organizations o where o.id = target;
  get diagnostics more = row_count;
  update public.organization_purges p set rows_erased = p.rows_erased + erased + more where p.id = purge;
  return true;
end $function$
CREATE OR REPLACE FUNCTION router.erase_rows(purge uuid, token uuid, table_name text, tenant_column text, key text, batch integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target uuid := router.renew_purge(purge, token);
  erased integer;
begin
  if target is null then
    return null;
  end if;
  -- Up to the key of the batch's last row: a range of the index, also where Postgres believes that there are few rows.
  perform pg_catalog.set_config('enable_bitmapscan', 'off', true), pg_catalog.set_config('enable_sort', 'off', true);
  execute pg_catalog.format('delete from public.%1$I where %2$I = $1 and %3$I <= (
      select last.%3$I from public.%1$I last where last.%2$I = $1 order by last.%3$I offset $2 - 1 limit 1)',
    table_name, tenant_column, key) using target, batch;
  get diagnostics erased = row_count;
  if erased = 0 then
    -- Fewer than a batch.
    execute pg_catalog.format('delete from public.%1$I where %2$I = $1', table_name, tenant_column) using target;
    get diagnostics erased = row_count;
  end if;
  update public.organization_purges p set rows_erased = p.rows_erased + erased where p.id = purge;
  return erased;
end $function$
CREATE OR REPLACE FUNCTION router.finish_purge(purge uuid, token uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.organization_purges p
  set state = 'finished', finished_at = now(), lease_token = null, lease_until = null
  where p.id = purge and p.lease_token = token and p.finished_at is null
$function$
CREATE OR REPLACE FUNCTION router.forget_address(person uuid, address text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with theirs as (
    update public.invitations i set email = 'erased-' || i.id || '@invalid', updated_at = now(),
      state = case i.state when 'pending' then 'revoked' else i.state end
    where i.accepted_by = person or i.email = address
    returning i.organization_id, i.id, i.email
  )
  update public.audit_events e set changes = e.changes || pg_catalog.jsonb_build_object('email', t.email)
  from theirs t
  where e.organization_id = t.organization_id and e.action = 'invitation.created' and e.subject_id = t.id;

  update public.audit_events e
  set changes = e.changes || pg_catalog.jsonb_build_object('owner_email', 'erased-' || e.id || '@invalid')
  from public.organization_memberships m
  where m.user_id = person and e.organization_id = m.organization_id and e.action = 'organization.created'
    and e.created_at = m.created_at and e.changes ->> 'owner_email' is not null
$function$
CREATE OR REPLACE FUNCTION router.forget_answers(batch integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  forgotten integer;
  more integer;
begin
  delete from public.idempotency_keys k using (select o.organization_id, o.id from public.idempotency_keys o
    where o.created_at < now() - interval '24 hours' order by o.created_at limit batch) old
  where k.organization_id = old.organization_id and k.id = old.id;
  get diagnostics forgotten = row_count;
  delete from public.personal_idempotency_keys k using (select o.user_id, o.id from public.personal_idempotency_keys o
    where o.created_at < now() - interval '24 hours' order by o.created_at limit batch) old
  where k.user_id = old.user_id and k.id = old.id;
  get diagnostics more = row_count;
  return forgotten + more;
end $function$
CREATE OR REPLACE FUNCTION router.forget_reply_words(before timestamp with time zone, batch integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  forgotten integer;
begin
  if before > app.now() - interval '8 days' then raise exception 'younger than the windows for replies'; end if;
  update public.replies r set text = null
  from (select organization_id, id from public.replies
        where text is not null and created_at < before
        order by created_at limit batch for update skip locked) old
  where r.organization_id = old.organization_id and r.id = old.id;
  get diagnostics forgotten = row_count;
  return forgotten;
end $function$
CREATE OR REPLACE FUNCTION router.forget_sessions(batch integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  forgotten integer;
begin
  delete from auth.sessions where id in (select s.id from auth.sessions s where s.expires_at < now() limit batch);
  get diagnostics forgotten = row_count;
  return forgotten;
end $function$
CREATE OR REPLACE FUNCTION router.insert_webhook_events(ids uuid[], page_ids text[], organization_ids uuid[], integration_ids uuid[], generations integer[], kinds text[], person_hashes bytea[], thread_hashes bytea[], payloads bytea[])
 RETURNS TABLE(row_position bigint, outcome text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  if cardinality(page_ids) <> cardinality(ids) or cardinality(organization_ids) <> cardinality(ids)
    or cardinality(integration_ids) <> cardinality(ids) or cardinality(generations) <> cardinality(ids)
    or cardinality(kinds) <> cardinality(ids) or cardinality(person_hashes) <> cardinality(ids)
    or cardinality(thread_hashes) <> cardinality(ids) or cardinality(payloads) <> cardinality(ids) then
    raise exception 'arrays of unequal length';
  end if;
  return query
  with given as materialized (
    select g.*, c.page_id is not null as is_routed
    from unnest(ids, page_ids, organization_ids, integration_ids, generations, kinds, person_hashes, thread_hashes,
      payloads) with ordinality as g (id, page_id, organization_id, integration_id, generation, kind, person_hash,
      thread_hash, payload, row_position)
    left join public.page_claims c on c.page_id = g.page_id and c.organization_id = g.organization_id
      and c.integration_id = g.integration_id and c.generation = g.generation
  ), inserted as (
    insert into public.webhook_events
      (organization_id, id, integration_id, page_id, kind, person_hash, thread_hash, payload)
    select g.organization_id, g.id, g.integration_id, g.page_id, g.kind, g.person_hash, g.thread_hash, g.payload
    from given g where g.is_routed order by g.organization_id, g.id
    on conflict do nothing
    returning organization_id, id
  )
  select g.row_position, case when g.is_routed then 'duplicate' else 'stale' end
  from given g left join inserted i on i.organization_id = g.organization_id and i.id = g.id
  where i.id is null;
end $function$
CREATE OR REPLACE FUNCTION router.is_staff()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select exists (select from auth.users u
    where u.id = nullif(current_setting('app.user_id', true), '')::uuid and u.is_staff)
$function$
CREATE OR REPLACE FUNCTION router.keep_an_owner()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('owners ' || old.organization_id, 0));
  if exists (select from public.organizations o where o.id = old.organization_id)
    and not exists (select from public.organization_memberships m
      where m.organization_id = old.organization_id and m.role = 'OWNER' and m.is_active) then
    raise exception 'no owner left' using errcode = 'PK409';
  end if;
  return null;
end $function$
CREATE OR REPLACE FUNCTION router.key_encryption_keys_in_use()
 RETURNS TABLE(kek_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select distinct k.kek_id from public.organization_keys k
$function$
CREATE OR REPLACE FUNCTION router.late_checks(OUT checks bigint, OUT oldest_seconds double precision)
 RETURNS record
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
  with due as materialized (
    select p.organization_id, p.id, p.next_check_at
    from public.facebook_page_integrations p where p.next_check_at <= app.now() order by p.next_check_at limit 50000
  )
  select count(*), coalesce(extract(epoch from app.now() - min(d.next_check_at)), 0)::double precision from due d
  where (select o.is_active from public.organizations o where o.id = d.organization_id)
    and (select i.is_active and (select b.is_active from public.businesses b
           where b.organization_id = i.organization_id and b.id = i.business_id)
         from public.integrations i where i.organization_id = d.organization_id and i.id = d.id)
$function$
CREATE OR REPLACE FUNCTION router.lease_purge(purge uuid, token uuid)
 RETURNS TABLE(organization uuid, pages_left integer, waited_seconds integer, leased_at timestamp with time zone)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.organization_purges p
  set lease_token = token, lease_until = clock_timestamp() + interval '20 seconds',
    pages_left = (select count(*) from public.page_unsubscriptions u where u.organization_id = p.organization)
  where p.id = purge and p.finished_at is null and (p.lease_until is null or p.lease_until < clock_timestamp())
  returning p.organization, p.pages_left, extract(epoch from now() - p.asked_at)::integer, clock_timestamp()
$function$
CREATE OR REPLACE FUNCTION router.moved_pages(batch integer)
 RETURNS TABLE(organization_id uuid, integration_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select p.organization_id, p.id from public.facebook_page_integrations p
  join public.organizations o on o.id = p.organization_id and o.is_active
  where p.moved_at is not null
  limit batch
$function$
CREATE OR REPLACE FUNCTION router.my_organizations(person uuid)
 RETURNS TABLE(id uuid, name text, slug text, owner_id uuid, is_active boolean, replies_paused boolean, version integer, created_at timestamp with time zone, updated_at timestamp with time zone, role text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select o.id, o.name, o.slug, o.owner_id, o.is_active, o.replies_paused, o.version, o.created_at, o.updated_at, m.role
  from public.organization_memberships m
  join public.organizations o on o.id = m.organization_id
  where m.user_id = person and m.is_active and o.purge_id is null
$function$
CREATE OR REPLACE FUNCTION router.note_key_use(hashes bytea[])
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.api_keys k set last_used_at = app.now() where k.secret_hash = any (hashes) and k.revoked_at is null
$function$
CREATE OR REPLACE FUNCTION router.organizations_with_keys(after_organization uuid, batch integer)
 RETURNS TABLE(organization_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select distinct k.organization_id from public.organization_keys k
  where k.organization_id > after_organization order by k.organization_id limit batch
$function$
CREATE OR REPLACE FUNCTION router.page_statuses()
 RETURNS TABLE(status text, pages bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select p.status, count(*) from public.facebook_page_integrations p where p.next_check_at is not null group by p.status
$function$
CREATE OR REPLACE FUNCTION router.pending_integrations(after_organization uuid, after_integration uuid, batch integer)
 RETURNS TABLE(organization_id uuid, integration_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with recursive step as (
    (select e.organization_id, e.integration_id from public.webhook_events e
     where e.state = 'pending' and (e.organization_id, e.integration_id) > (after_organization, after_integration)
     order by e.organization_id, e.integration_id limit 1)
    union all
    select n.organization_id, n.integration_id from step s, lateral (
      select e.organization_id, e.integration_id from public.webhook_events e
      where e.state = 'pending' and (e.organization_id, e.integration_id) > (s.organization_id, s.integration_id)
      order by e.organization_id, e.integration_id limit 1
    ) n
  )
  select s.organization_id, s.integration_id from step s
  cross join lateral (
    select from public.organizations o where o.id = s.organization_id and o.is_active offset 0
  ) active
  left join lateral (
    select p.paused_until from public.facebook_page_integrations p
    where p.organization_id = s.organization_id and p.id = s.integration_id offset 0
  ) p on true
  where (p.paused_until is null or p.paused_until <= app.now())
    and exists (
      select from public.webhook_events e
      where e.organization_id = s.organization_id and e.integration_id = s.integration_id and e.state = 'pending'
        and (e.not_before is null or e.not_before <= clock_timestamp())
    )
  limit batch
$function$
CREATE OR REPLACE FUNCTION router.recheck_person(person bytea, except_login uuid)
 RETURNS TABLE(organization_id uuid, login_id uuid)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with others as materialized (
    select p.organization_id, p.id, p.login_id from public.facebook_logins l
    join public.facebook_page_integrations p on p.organization_id = l.organization_id and p.login_id = l.id
    where l.person_hash = person and l.id is distinct from except_login and p.next_check_at is not null
    order by p.organization_id, p.page_id
    for update of p
  ), due as (
    update public.facebook_page_integrations p set next_check_at = app.now()
    from others o where p.organization_id = o.organization_id and p.id = o.id
  )
  select distinct o.organization_id, o.login_id from others o
$function$
CREATE OR REPLACE FUNCTION router.release_purge(purge uuid, token uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.organization_purges p set lease_token = null, lease_until = null
  where p.id = purge and p.lease_token = token
$function$
CREATE OR REPLACE FUNCTION router.renew_purge(purge uuid, token uuid)
 RETURNS uuid
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.organization_purges p
  set lease_until = clock_timestamp() + interval '20 seconds', state = 'erasing', pages_left = 0
  where p.id = purge and p.lease_token = token and p.finished_at is null
  returning p.organization
$function$
CREATE OR REPLACE FUNCTION router.revived_pages(batch integer)
 RETURNS TABLE(organization_id uuid, integration_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select p.organization_id, p.id from public.facebook_page_integrations p
  join public.organizations o on o.id = p.organization_id and o.is_active
  where p.revived_at is not null
  limit batch
$function$
CREATE OR REPLACE FUNCTION router.revoke_person(person bytea, asked_at timestamp with time zone, deletion text)
 RETURNS TABLE(organization_id uuid, login_id uuid)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  revoked uuid[];
begin
  -- Facebook counts in whole seconds.
  select array_agg(l.id) into revoked from (
    select id from public.facebook_logins
    where person_hash = person and created_at < asked_at + interval '1 second'
    order by organization_id, id for update
  ) l;
  update public.facebook_logins l set revoked_at = app.now(), generation = l.generation + 1
  where l.person_hash = person and l.id = any (revoked) and l.revoked_at is null;
  if deletion is not null then
    update public.facebook_logins l set access_token = '' where l.person_hash = person and l.id = any (revoked);
    update public.facebook_page_integrations p set page_access_token = '' from public.facebook_logins l
    where l.person_hash = person and l.id = any (revoked)
      and p.organization_id = l.organization_id and p.login_id = l.id;
    insert into public.data_deletions (code, requested_at, completed_at, person_hash) values (deletion, asked_at, app.now(), person)
    on conflict do nothing;
  end if;
  return query
  with others as materialized (
    select p.organization_id, p.id, p.login_id from public.facebook_logins l
    join public.facebook_page_integrations p on p.organization_id = l.organization_id and p.login_id = l.id
    where l.person_hash = person and l.id = any (revoked) and p.next_check_at is not null
    order by p.organization_id, p.page_id
    for update of p
  ), due as (
    update public.facebook_page_integrations p set next_check_at = app.now()
    from others o where p.organization_id = o.organization_id and p.id = o.id
  )
  select distinct o.organization_id, o.login_id from others o;
end $function$
CREATE OR REPLACE FUNCTION router.route_pages(page_ids text[])
 RETURNS TABLE(page_id text, organization_id uuid, integration_id uuid, generation integer, webhook_enabled boolean, key_id uuid, kek_id text, wrapped bytea)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select c.page_id, c.organization_id, c.integration_id, c.generation,
    coalesce((i.config ->> 'webhook_enabled')::boolean, false), k.id, k.kek_id, k.wrapped
  from public.page_claims c
  join public.organizations o on o.id = c.organization_id and o.is_active
  join public.integrations i on i.organization_id = c.organization_id and i.id = c.integration_id and i.is_active
  join public.businesses b on b.organization_id = i.organization_id and b.id = i.business_id and b.is_active
  join public.organization_keys k on k.organization_id = c.organization_id and k.is_current
  where c.page_id = any (page_ids)
$function$
CREATE OR REPLACE FUNCTION router.running_purges(batch integer)
 RETURNS TABLE(purge_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select p.id from public.organization_purges p
  where p.finished_at is null and (p.lease_until is null or p.lease_until < clock_timestamp())
  order by p.asked_at limit batch
$function$
CREATE OR REPLACE FUNCTION router.staff_event_counts(bound integer, OUT pending integer, OUT parked integer, OUT failed integer)
 RETURNS record
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
  select
    (select count(*)::integer from (select from public.webhook_events e where e.state = 'pending' limit bound) as c),
    (select count(*)::integer from (select from public.webhook_events e where e.state = 'parked' limit bound) as c),
    (select count(*)::integer from (select from public.webhook_events e where e.state = 'failed' limit bound) as c)
  where (select router.is_staff())
$function$
CREATE OR REPLACE FUNCTION router.staff_organizations(active boolean, search text, before uuid, batch integer)
 RETURNS TABLE(id uuid, name text, slug text, owner_id uuid, is_active boolean, replies_paused boolean, version integer, created_at timestamp with time zone, updated_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select o.id, o.name, o.slug, o.owner_id, o.is_active, o.replies_paused, o.version, o.created_at, o.updated_at
  from public.organizations o
  where (select router.is_staff()) and o.purge_id is null
    and (active is null or o.is_active = active)
    and (before is null or o.id < before)
    and (search is null or starts_with(lower(o.name), lower(search)) or starts_with(o.slug, lower(search)))
  order by o.id desc limit batch
$function$
CREATE OR REPLACE FUNCTION router.take_over_page(page text, to_integration uuid)
 RETURNS TABLE(organization_id uuid, integration_id uuid)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  tenant uuid := nullif(current_setting('app.organization_id', true), '')::uuid;
  holder uuid;
  held_by uuid;
begin
  select c.organization_id, c.integration_id into holder, held_by from public.page_claims c where c.page_id = page;
  if holder is null or holder = tenant then
    return;
  end if;
  -- First the page, then the claim: as everybody else locks them.
  update public.facebook_page_integrations p
  set generation = p.generation + 1, status = 'disconnected', status_since = app.now(), next_check_at = null,
    moved_at = app.now(), status_reason = pg_catalog.jsonb_build_object('code', 'moved',
      'detail', 'Somebody who manages this page on Facebook connected it to another account.',
      'fix', 'If that was not meant, a person who manages the page connects it here again, and takes it over.')
  where p.organization_id = holder and p.id = held_by;
  update public.page_claims c
  set organization_id = tenant, integration_id = to_integration, generation = p.generation, claimed_at = app.now()
  from public.facebook_page_integrations p
  where c.page_id = page and c.organization_id = holder and c.integration_id = held_by
    and p.organization_id = tenant and p.id = to_integration and p.page_id = page;
  if not found then
    raise exception 'the claim is not what it was' using errcode = '40001';
  end if;
  return query select holder, held_by;
end $function$
CREATE OR REPLACE FUNCTION router.unsent_invitations(batch integer)
 RETURNS TABLE(organization_id uuid, invitation_id uuid)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select organization_id, id from (
    select i.organization_id, i.id, row_number() over (partition by i.organization_id order by random()) as turn
    from public.invitations i
    join public.organizations o on o.id = i.organization_id and o.is_active
    where i.state = 'pending' and i.sent_at is null and i.expires_at > app.now()
  ) unsent
  order by turn, random()
  limit batch
$function$
CREATE OR REPLACE FUNCTION router.unsent_notifications(batch integer)
 RETURNS TABLE(organization_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with recursive step as (
    (select n.organization_id from public.notifications n
     where n.sent_at is null order by n.organization_id limit 1)
    union all
    select m.organization_id from step s, lateral (
      select n.organization_id from public.notifications n
      where n.sent_at is null and n.organization_id > s.organization_id order by n.organization_id limit 1
    ) m
  )
  select s.organization_id from step s
  join public.organizations o on o.id = s.organization_id and o.is_active
  limit batch
$function$
CREATE OR REPLACE FUNCTION router.waiting_events(bound integer)
 RETURNS TABLE(state text, events bigint, oldest_seconds double precision)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
  with recursive pending_page as (
    (select e.organization_id, e.integration_id from public.webhook_events e where e.state = 'pending'
     order by e.organization_id, e.integration_id limit 1)
    union all
    select n.organization_id, n.integration_id from pending_page p, lateral (
      select e.organization_id, e.integration_id from public.webhook_events e
      where e.state = 'pending' and (e.organization_id, e.integration_id) > (p.organization_id, p.integration_id)
      order by e.organization_id, e.integration_id limit 1
    ) n
  ), parked_page as (
    (select e.organization_id, e.integration_id from public.webhook_events e where e.state = 'parked'
     order by e.organization_id, e.integration_id limit 1)
    union all
    select n.organization_id, n.integration_id from parked_page p, lateral (
      select e.organization_id, e.integration_id from public.webhook_events e
      where e.state = 'parked' and (e.organization_id, e.integration_id) > (p.organization_id, p.integration_id)
      order by e.organization_id, e.integration_id limit 1
    ) n
  ), clock as materialized (select app.now() as business, pg_catalog.clock_timestamp() as real)
  select 'pending',
    (select count(*) from (select from public.webhook_events e
       where e.state = 'pending' and (e.not_before is null or e.not_before <= (select real from clock)) limit bound) c),
    coalesce((select extract(epoch from max((select real from clock) - first_in_line.since))
      from (select * from pending_page limit bound / 50) p
      join public.facebook_page_integrations f on f.organization_id = p.organization_id and f.id = p.integration_id
        and (f.paused_until is null or f.paused_until <= (select business from clock)),
      lateral (select greatest(e.received_at, e.not_before) as since from public.webhook_events e
        where e.organization_id = p.organization_id and e.integration_id = p.integration_id and e.state = 'pending'
          and e.replay is null and (e.not_before is null or e.not_before <= (select real from clock))
        order by e.id limit 1) first_in_line), 0)::double precision
  union all
  select 'parked',
    (select count(*) from (select from public.webhook_events e where e.state = 'parked' limit bound) c),
    coalesce((select extract(epoch from max((select real from clock) - first_in_line.received_at))
      from (select * from parked_page limit bound / 50) p,
      lateral (select e.received_at from public.webhook_events e
        where e.organization_id = p.organization_id and e.integration_id = p.integration_id and e.state = 'parked'
        order by e.id limit 1) first_in_line), 0)::double precision
  union all
  select 'ending', coalesce(sum(late.events), 0)::bigint, 0
  from (select * from parked_page limit bound / 50) p,
  lateral (select count(*) as events from (
    select from public.webhook_events e
    where e.organization_id = p.organization_id and e.integration_id = p.integration_id and e.state = 'parked'
      and e.id between app.event_id_at((select business from clock) - interval '24 hours')
        and app.event_id_at((select business from clock) - interval '20 hours')
    limit 1000) c) late
$function$
