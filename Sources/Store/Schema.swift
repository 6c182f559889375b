/// The steps from an empty database to the current one.
///
/// `PRAGMA user_version` is the number of completed steps. A released step never changes: a state
/// after each is in Tests/Fixtures/state, and the tests open it.
struct Schema: Sendable {
    /// The SQL of each step, one or more statements; all pending steps are one transaction.
    let steps: [String]

    var version: Int { steps.count }

    /// The id "tokw", which distinguishes this database from another program's.
    static let applicationID: Int64 = 0x746f_6b77

    static let present = Schema(steps: [first, second])

    // SQLite keeps the text, so that `.schema` explains the tables to an operator.
    private static let first = """
        CREATE TABLE meta (
            key   TEXT PRIMARY KEY NOT NULL,
            value ANY NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE tokens (
            -- every ..._at and ..._since is milliseconds since 1970 in UTC:
            -- datetime(x / 1000, 'unixepoch')
            row            INTEGER PRIMARY KEY,
            id             TEXT NOT NULL UNIQUE,
            -- what the last good answer said; expiry is null where there was none yet
            name           TEXT,
            account        TEXT,
            permissions    TEXT,     -- JSON array; null: not told
            created_at     INTEGER,
            expiry         TEXT CHECK (expiry IN ('known', 'never', 'not_told')),
            expires_at     INTEGER,
            last_used_at   INTEGER,
            says_expired   INTEGER NOT NULL,
            -- how that was learned
            expiry_seen_at INTEGER,
            secret         BLOB CHECK (length(secret) = 16),  -- keyed digest
            asked_with     INTEGER,  -- hash of the request's settings
            -- polls
            last_poll_at   INTEGER,
            last_ok_at     INTEGER,
            last_outcome   TEXT,
            last_error     TEXT,
            verdict_at     INTEGER,
            polls_without_verdict INTEGER NOT NULL,
            failures       INTEGER NOT NULL,
            malformed      TEXT,
            rejected_since INTEGER,
            rejection      TEXT,
            secret_problem TEXT,
            duplicate_of   TEXT,     -- another token with the same secret
            -- use: own polls count as use, by the provider's clock
            used_by        TEXT,     -- who made the use at last_used_at: self, elsewhere, unknown
            used_elsewhere_at INTEGER,
            hidden_answers INTEGER NOT NULL,  -- answers in a row that showed their own poll
            own_from       INTEGER,  -- the poll of the last good answer
            own_to         INTEGER,
            own_unanswered TEXT,     -- JSON array of 'from/to': polls since then
            watched_since  INTEGER,
            use_uncertain_until INTEGER
        ) STRICT;

        CREATE TABLE alerts (
            subject        TEXT NOT NULL,  -- 'token:ID', 'host:NAME', 'daemon'
            condition      TEXT NOT NULL,
            id             TEXT NOT NULL,  -- of the event that raised it
            severity       TEXT NOT NULL,
            since          INTEGER NOT NULL,
            stage          TEXT,
            stage_before   INTEGER,        -- milliseconds
            reminders      INTEGER NOT NULL,
            next_reminder_at INTEGER,
            told           TEXT NOT NULL,  -- JSON array of channels
            ack_by         TEXT,           -- while it is acknowledged
            ack_reason     TEXT,
            ack_until      INTEGER,
            PRIMARY KEY (subject, condition)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX alerts_id ON alerts (id);

        CREATE TABLE spans (
            -- from when to when every poll of a token gave the same
            id             INTEGER PRIMARY KEY,
            token          TEXT NOT NULL,
            from_at        INTEGER NOT NULL,
            until_at       INTEGER,        -- null: it lasts
            outcome        TEXT,
            error          TEXT,
            name           TEXT,
            account        TEXT,
            permissions    TEXT,
            created_at     INTEGER,
            expiry         TEXT,
            expires_at     INTEGER,
            says_expired   INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX spans_token ON spans (token, until_at);
        CREATE INDEX spans_ended ON spans (until_at) WHERE until_at IS NOT NULL;

        CREATE TABLE events (
            id             TEXT PRIMARY KEY NOT NULL,
            at             INTEGER NOT NULL,
            subject        TEXT NOT NULL,
            type           TEXT NOT NULL,
            phase          TEXT NOT NULL,
            severity       TEXT NOT NULL,
            summary        TEXT NOT NULL,
            alert_id       TEXT,
            body           TEXT NOT NULL   -- the event as JSON
        ) STRICT;
        CREATE INDEX events_at ON events (at);
        CREATE INDEX events_subject ON events (subject, id);

        CREATE TABLE deliveries (
            -- what waits or was given up; what was delivered is deleted
            id             INTEGER PRIMARY KEY AUTOINCREMENT,
            event_id       TEXT NOT NULL REFERENCES events (id),
            channel        TEXT NOT NULL,
            subject        TEXT NOT NULL,
            created_at     INTEGER NOT NULL,
            attempts       INTEGER NOT NULL,
            next_attempt_at INTEGER NOT NULL,
            last_error     TEXT,
            given_up_at    INTEGER
        ) STRICT;
        CREATE INDEX deliveries_event ON deliveries (event_id);
        CREATE INDEX deliveries_waiting ON deliveries (channel, id) WHERE given_up_at IS NULL;
        CREATE INDEX deliveries_subject ON deliveries (channel, subject, id)
            WHERE given_up_at IS NULL;
        """

    /// All changes since version 0.1.
    private static let second = """
        -- milliseconds from the last attempt to next_attempt_at
        ALTER TABLE deliveries ADD COLUMN wait_ms INTEGER;
        -- 0: critical, or older than a critical one of its subject; 1: the rest
        ALTER TABLE deliveries ADD COLUMN place INTEGER NOT NULL DEFAULT 1;
        UPDATE deliveries SET place = 0 WHERE given_up_at IS NULL AND EXISTS (
            SELECT 1 FROM deliveries AS later JOIN events ON events.id = later.event_id
            WHERE later.channel = deliveries.channel AND later.subject = deliveries.subject
                AND later.id >= deliveries.id AND later.given_up_at IS NULL
                AND severity = 'critical');
        DROP INDEX deliveries_waiting;
        CREATE INDEX deliveries_waiting ON deliveries (channel, place, id)
            WHERE given_up_at IS NULL;

        -- bits: the last answer claims, against the good one before it, and a second poll is to
        -- confirm: 1 rejected, 2 malformed
        ALTER TABLE tokens ADD COLUMN unconfirmed INTEGER;
        -- how often in a row the expiry was moved later; from 3 on it is rolling
        ALTER TABLE tokens ADD COLUMN expiry_moves INTEGER;
        -- JSON array of 'type/at': what alternated within the last day
        ALTER TABLE tokens ADD COLUMN swings TEXT;
        -- JSON array, six texts each: condition, severity, ended_at, by, reason, until
        ALTER TABLE tokens ADD COLUMN resting_acks TEXT;
        -- of an inventory, the last whole list whose tokens have all joined: when it was read, and a hash
        -- of its request and filters
        ALTER TABLE tokens ADD COLUMN list_read_at INTEGER;
        ALTER TABLE tokens ADD COLUMN list_scope INTEGER;
        -- since when the condition is clear, while the end waits whether it is back soon
        ALTER TABLE alerts ADD COLUMN clear_since INTEGER;

        -- whose the account is, as the last good answer said
        ALTER TABLE tokens ADD COLUMN account_name TEXT;
        ALTER TABLE tokens ADD COLUMN company TEXT;

        CREATE TABLE channels (
            -- where each channel leads, and whether it was notified of what held when that was new
            name           TEXT PRIMARY KEY NOT NULL,
            address        BLOB NOT NULL,  -- keyed digest of address and format
            told_up_to     TEXT,           -- the token that was reached; null: none yet
            is_told        INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE mutes (
            -- what is left out of notifications; kind is token, host, owner or provider
            kind           TEXT NOT NULL,
            name           TEXT NOT NULL,  -- of an owner: a pattern
            muted_by       TEXT NOT NULL,
            reason         TEXT NOT NULL,
            since          INTEGER NOT NULL,
            until          INTEGER NOT NULL,
            PRIMARY KEY (kind, name)
        ) STRICT, WITHOUT ROWID;
        """
}
