-- Reason: the first schema. Lock: none, the store is new. Undo: drop the file.
-- Times are milliseconds since 1970 in UTC; JSON is text; ids are UUIDv7.
-- Not used and not wanted: triggers, views, defaults that hide a missing value.

-- +goose Up
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    domain TEXT NOT NULL,
    stage TEXT NOT NULL,
    owner TEXT NOT NULL,
    tier TEXT NOT NULL,
    tier_by_rule BOOLEAN NOT NULL,
    industry TEXT NOT NULL,
    revenue DOUBLE PRECISION NOT NULL,
    business BOOLEAN NOT NULL,
    country TEXT NOT NULL,
    zone TEXT NOT NULL,
    fields TEXT NOT NULL,
    signals TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE contacts (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    external_id TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    job_title TEXT NOT NULL,
    email TEXT NOT NULL,
    email_hash TEXT NOT NULL,
    phone TEXT NOT NULL,
    phone_hash TEXT NOT NULL,
    persona TEXT NOT NULL,
    persona_by_rule BOOLEAN NOT NULL,
    stage TEXT NOT NULL,
    language TEXT NOT NULL,
    country TEXT NOT NULL,
    street TEXT NOT NULL,
    street_2 TEXT NOT NULL,
    city TEXT NOT NULL,
    region TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    zone TEXT NOT NULL,
    fields TEXT NOT NULL,
    signals TEXT NOT NULL,
    choice TEXT NOT NULL,
    import_id TEXT NOT NULL,
    by_hand BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX contacts_external ON contacts (external_id) WHERE external_id <> '';
CREATE INDEX contacts_account ON contacts (account_id, created_at, id);
CREATE INDEX contacts_email ON contacts (email) WHERE email <> '';
CREATE INDEX contacts_phone ON contacts (phone) WHERE phone <> '';
CREATE INDEX contacts_email_hash ON contacts (email_hash) WHERE email_hash <> '';
CREATE INDEX contacts_phone_hash ON contacts (phone_hash) WHERE phone_hash <> '';

-- What contacts were known by who have turned out to be somebody who was there already: an
-- id, an id of the user's own system, the hash of an address. Or the key of an account that
-- became one with another, whose id stands beside it then.
CREATE TABLE former (
    was TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL
);
CREATE INDEX former_contact ON former (contact_id);

-- One row for each address that was ever claimed: what a claim locks for limits
-- by address.
CREATE TABLE addresses (hash TEXT PRIMARY KEY);

CREATE TABLE suppressions (
    id TEXT PRIMARY KEY,
    contact_id TEXT,
    address TEXT NOT NULL,
    kind TEXT NOT NULL,
    purpose TEXT NOT NULL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,
    at BIGINT NOT NULL,
    lifted_at BIGINT
);
CREATE INDEX suppressions_contact ON suppressions (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX suppressions_address ON suppressions (address) WHERE address <> '';

CREATE TABLE consents (
    id TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    purpose TEXT NOT NULL,
    basis TEXT NOT NULL,
    source TEXT NOT NULL,
    wording TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX consents_contact ON consents (contact_id);

CREATE TABLE holds (
    id TEXT PRIMARY KEY,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT,
    released_at BIGINT,
    allow TEXT NOT NULL,
    then_do TEXT NOT NULL,
    kind TEXT NOT NULL,
    drop_stale BOOLEAN NOT NULL
);
CREATE INDEX holds_live ON holds (scope, key) WHERE released_at IS NULL;

CREATE TABLE parts (hash TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE revisions (
    hash TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    manifest TEXT NOT NULL
);

CREATE TABLE enrollments (
    id TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    sequence TEXT NOT NULL,
    plan TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    step TEXT NOT NULL,
    variant TEXT NOT NULL,
    held_out BOOLEAN NOT NULL,
    exclusive TEXT NOT NULL,
    cause TEXT NOT NULL,
    entered_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE UNIQUE INDEX enrollments_once ON enrollments (contact_id, sequence) WHERE state <> 'finished';
CREATE INDEX enrollments_contact ON enrollments (contact_id, sequence);
CREATE INDEX enrollments_account ON enrollments (account_id, sequence);
CREATE INDEX enrollments_unfollowed ON enrollments (id) WHERE state <> 'finished' AND reason='not_followed';

CREATE TABLE touches (
    id TEXT PRIMARY KEY,
    enrollment_id TEXT,
    contact_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    sequence TEXT NOT NULL,
    step TEXT NOT NULL,
    repeat INTEGER NOT NULL,
    kind TEXT NOT NULL,
    purpose TEXT NOT NULL,
    priority INTEGER NOT NULL,
    sender TEXT NOT NULL,
    variant TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    first_due_at BIGINT NOT NULL,
    lease_id TEXT,
    not_after BIGINT,
    counted_at BIGINT,
    settled_at BIGINT,
    attempts INTEGER NOT NULL,
    deferred INTEGER NOT NULL,
    yielded INTEGER NOT NULL,
    introduction BOOLEAN NOT NULL,
    result TEXT NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    address TEXT NOT NULL,
    message_id TEXT NOT NULL,
    message_hash TEXT NOT NULL,
    message_size BIGINT NOT NULL,
    subject TEXT NOT NULL,
    -- What indexes look at, so that no other change of state touches one.
    waits_at BIGINT GENERATED ALWAYS AS (CASE WHEN state = 'planned' THEN due_at END) VIRTUAL,
    doubted_at BIGINT GENERATED ALWAYS AS (CASE WHEN state = 'unknown' THEN coalesce(settled_at, due_at) END) VIRTUAL,
    -- What shares a throttle, and one queue of what is due.
    lane TEXT GENERATED ALWAYS AS (kind || ' ' || sender) VIRTUAL
);
CREATE UNIQUE INDEX touches_key ON touches (enrollment_id, step, repeat) WHERE enrollment_id IS NOT NULL;
CREATE INDEX touches_waiting ON touches (lane, priority, waits_at, id) WHERE waits_at IS NOT NULL;
CREATE INDEX touches_doubted ON touches (doubted_at, id) WHERE doubted_at IS NOT NULL;
CREATE INDEX touches_contact ON touches (contact_id);
CREATE INDEX touches_replies ON touches (first_due_at) WHERE sequence = 'reply';

-- What limits count of each contact's touches, packed: a copy that claims read, kept by
-- every statement that changes it.
CREATE TABLE counted (
    contact_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    packed BLOB NOT NULL
);
CREATE INDEX counted_account ON counted (account_id);

-- Which contacts ever had something that counts at an address.
CREATE TABLE addressed (
    address TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    PRIMARY KEY (address, contact_id)
) WITHOUT ROWID;

CREATE TABLE attempts (
    touch_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    sender TEXT NOT NULL,
    policy TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    outcome TEXT NOT NULL,
    code INTEGER NOT NULL,
    response TEXT NOT NULL,
    PRIMARY KEY (touch_id, number)
) WITHOUT ROWID;

CREATE TABLE verdicts (
    id TEXT PRIMARY KEY,
    touch_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    reason TEXT NOT NULL,
    until_at BIGINT,
    policy TEXT NOT NULL,
    evidence TEXT NOT NULL
);
CREATE INDEX verdicts_touch ON verdicts (touch_id, at);

-- Bodies are not kept, except the text part that a later step quotes.
CREATE TABLE quotes (
    touch_id TEXT PRIMARY KEY,
    enrollment_id TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX quotes_enrollment ON quotes (enrollment_id);

CREATE TABLE tasks (
    touch_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    snoozed_until_at BIGINT,
    mind_at BIGINT,
    minded INTEGER NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX tasks_opened ON tasks (opened_at, touch_id);
CREATE INDEX tasks_mind ON tasks (mind_at);

-- Files of contacts, and whose mails are the first of each, by which the others are judged.
CREATE TABLE imports (id TEXT PRIMARY KEY, at BIGINT NOT NULL, passed_at BIGINT);
CREATE TABLE trials (
    contact_id TEXT PRIMARY KEY,
    import_id TEXT NOT NULL,
    touch_id TEXT NOT NULL,
    dead BOOLEAN NOT NULL
);
CREATE INDEX trials_import ON trials (import_id);

-- Short pieces of value that contacts have had.
CREATE TABLE nuggets (
    contact_id TEXT NOT NULL,
    nugget TEXT NOT NULL,
    touch_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (contact_id, nugget)
);

-- Messages that somebody has looked at, with what they added.
CREATE TABLE reviews (
    touch_id TEXT PRIMARY KEY,
    enrollment_id TEXT NOT NULL,
    person TEXT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    seen TEXT NOT NULL
);
CREATE INDEX reviews_enrollment ON reviews (enrollment_id);

-- What people of ours are told by mail. It is no touch.
CREATE TABLE notices (
    id TEXT PRIMARY KEY,
    contact_id TEXT,
    to_contact BOOLEAN NOT NULL,
    person TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    calendar TEXT NOT NULL,
    reply_to TEXT NOT NULL,
    original BLOB,
    state TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    settled_at BIGINT,
    attempts INTEGER NOT NULL,
    lease_id TEXT,
    answer TEXT NOT NULL
);
CREATE INDEX notices_due ON notices (due_at) WHERE state = 'planned';
CREATE INDEX notices_over ON notices (settled_at) WHERE state IN ('sent', 'unknown', 'failed');
CREATE INDEX notices_contact ON notices (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX notices_lease ON notices (lease_id) WHERE lease_id IS NOT NULL;

-- Pieces of post that wait to be printed, or for their batch to be posted.
CREATE TABLE cards (
    touch_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    format TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    batch TEXT,
    body TEXT NOT NULL
);
CREATE INDEX cards_batch ON cards (batch, kind, format, touch_id);

-- Pieces that were closed off to be printed together.
CREATE TABLE batches (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    format TEXT NOT NULL,
    pieces BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    posted_at BIGINT
);

-- What is printed on pieces of post, short enough to be typed: which touch it stands for.
CREATE TABLE codes (
    printed TEXT PRIMARY KEY,
    touch_id TEXT NOT NULL
);

-- What people said to each other: minutes and worth, told when a task is done or logged.
CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    touch_id TEXT,
    owner TEXT NOT NULL,
    kind TEXT NOT NULL,
    inbound BOOLEAN NOT NULL,
    minutes BIGINT NOT NULL,
    worth BIGINT NOT NULL,
    note TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX conversations_at ON conversations (at);
CREATE INDEX conversations_contact ON conversations (contact_id);

-- Mails that came in, each once, and what they were found to be.
CREATE TABLE arrivals (
    id TEXT PRIMARY KEY,
    contact_id TEXT,
    touch_id TEXT,
    class TEXT NOT NULL,
    verdict TEXT NOT NULL,
    sender TEXT NOT NULL,
    toward TEXT NOT NULL,
    why TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX arrivals_refused ON arrivals (sender, at) WHERE verdict = 'sender';
CREATE INDEX arrivals_contact ON arrivals (contact_id) WHERE contact_id IS NOT NULL;

-- What became known of contacts: by whom, and when.
CREATE TABLE answers (
    contact_id TEXT NOT NULL,
    path TEXT NOT NULL,
    value TEXT NOT NULL,
    source TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX answers_contact ON answers (contact_id, at);

-- Links of messages that something has followed. Who it was is judged a little later.
CREATE TABLE clicks (
    id TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL,
    touch_id TEXT NOT NULL,
    page TEXT NOT NULL,
    target TEXT NOT NULL,
    machine TEXT NOT NULL,
    at BIGINT NOT NULL,
    judged BOOLEAN NOT NULL
);
CREATE INDEX clicks_unjudged ON clicks (at) WHERE NOT judged;
CREATE INDEX clicks_touch ON clicks (touch_id);

-- Keys of other programs, by their hash, and what those changed.
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX audit_at ON audit (at);

-- Events on their way to other programs.
CREATE TABLE deliveries (
    msg TEXT PRIMARY KEY,
    hook TEXT NOT NULL,
    event_id TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    settled_at BIGINT,
    attempts INTEGER NOT NULL,
    leased_until BIGINT,
    answer TEXT NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (hook, due_at) WHERE state = 'planned';
CREATE INDEX deliveries_over ON deliveries (settled_at) WHERE state <> 'planned';

-- How far folders of mailboxes were read.
CREATE TABLE mailboxes (
    name TEXT NOT NULL,
    folder TEXT NOT NULL,
    validity BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    PRIMARY KEY (name, folder)
);

CREATE TABLE leases (
    id TEXT PRIMARY KEY,
    epoch BIGINT NOT NULL,
    attempt INTEGER NOT NULL,
    kind TEXT NOT NULL,
    sender TEXT NOT NULL,
    urgent BOOLEAN NOT NULL,
    size INTEGER NOT NULL,
    touches TEXT NOT NULL,
    worker TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    queued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE rates (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    hour BIGINT NOT NULL,
    part INTEGER NOT NULL,
    sent BIGINT NOT NULL,
    bounced BIGINT NOT NULL,
    complained BIGINT NOT NULL,
    PRIMARY KEY (scope, key, hour, part)
);

CREATE TABLE throttles (
    lane TEXT NOT NULL,
    domain TEXT NOT NULL,
    next_at BIGINT NOT NULL,
    PRIMARY KEY (lane, domain)
);

-- Who runs the mailboxes of a domain, as its mail exchangers say; empty: nobody that is known.
CREATE TABLE hosts (
    domain TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    asked_at BIGINT NOT NULL
);

CREATE TABLE events (
    id TEXT PRIMARY KEY,
    contact_id TEXT,
    account_id TEXT,
    touch_id TEXT,
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX events_contact ON events (contact_id, name, at) WHERE contact_id IS NOT NULL;

-- +goose Down
DROP TABLE events; DROP TABLE hosts; DROP TABLE throttles; DROP TABLE rates; DROP TABLE leases; DROP TABLE arrivals; DROP TABLE clicks; DROP TABLE answers; DROP TABLE mailboxes; DROP TABLE deliveries; DROP TABLE api_keys; DROP TABLE audit; DROP TABLE conversations; DROP TABLE tasks; DROP TABLE notices; DROP TABLE reviews; DROP TABLE nuggets; DROP TABLE trials; DROP TABLE imports; DROP TABLE cards; DROP TABLE batches; DROP TABLE codes; DROP TABLE quotes;
DROP TABLE verdicts; DROP TABLE attempts; DROP TABLE addressed; DROP TABLE counted; DROP TABLE touches; DROP TABLE enrollments;
DROP TABLE revisions; DROP TABLE parts; DROP TABLE holds; DROP TABLE consents; DROP TABLE suppressions;
DROP TABLE addresses; DROP TABLE former; DROP TABLE contacts; DROP TABLE accounts; DROP TABLE meta;
