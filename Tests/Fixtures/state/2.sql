-- A state as tokenwatchd 0.1.0 writes it.
-- Made by Tests/record-state.sh.
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA application_id = 1953459063;
PRAGMA user_version = 2;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('digest_key',X'9a562b439b1fde52f947da16b69cc5a15af1b245d312402264f8ba2ad6f427aa');
INSERT INTO meta VALUES('stopped_in_order',1);
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
, unconfirmed INTEGER, expiry_moves INTEGER, swings TEXT, resting_acks TEXT, list_read_at INTEGER, list_scope INTEGER, account_name TEXT, company TEXT) STRICT;
INSERT INTO tokens VALUES(1,'expiring','Deploy Key','john@example.com','["dns:*","servers:list"]',1793204394000,'known',1796314794000,1795796395000,0,1795796395258,X'd1c84e76138539efc6b9ccfa63579bda',5266876313904852403,1795796395258,1795796395258,'ok',NULL,1795796395258,0,0,NULL,NULL,NULL,NULL,NULL,'self',NULL,1,1795796392991,1795796397000,NULL,1795796397000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'John Doe','Acme Inc.');
INSERT INTO tokens VALUES(2,'revoked',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,1795796395256,NULL,'rejected','401 Unauthorized',1795796395256,0,1,NULL,1795796395256,'401 Unauthorized',NULL,NULL,NULL,NULL,0,NULL,NULL,'["1795796392993/1795796397000"]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO tokens VALUES(3,'short','short','john@example.com','["dns:list"]',1793204394000,'known',1821716394000,1795796395000,0,1795796395258,X'd465e14179700484f6cf2cb4790aa68d',5266876313904852403,1795796395258,1795796395258,'ok',NULL,1795796395258,0,0,NULL,NULL,NULL,NULL,NULL,'self',NULL,1,1795796392991,1795796397000,NULL,1795796397000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'John Doe','Acme Inc.');
INSERT INTO tokens VALUES(4,'unseen',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,1795796395254,NULL,'unreachable','connection refused by 127.0.0.1:1',1795796395254,1,1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,'["1795796275249/1795796515254"]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
    ack_until      INTEGER, clear_since INTEGER,
    PRIMARY KEY (subject, condition)
) STRICT, WITHOUT ROWID;
INSERT INTO alerts VALUES('token:expiring','expiring','01M8EWWS7T9CZCWKEJBPTR9908','warning',1795796395258,'7d',604800000,0,NULL,'["ops"]','ann','a new one is ordered',1798388395529,NULL);
INSERT INTO alerts VALUES('token:revoked','rejected','01M8EWWS7RQ4BM8GMRBDQG1GNP','critical',1795796395256,NULL,NULL,0,1795882795256,'["ops"]',NULL,NULL,NULL,NULL);
INSERT INTO alerts VALUES('token:short','permissions_missing','01M8EWWS7T9CZCWKEJBPTR9909','critical',1795796395258,NULL,NULL,0,1795882795258,'["ops"]',NULL,NULL,NULL,NULL);
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
INSERT INTO spans VALUES(1,'expiring',1795796395237,1795796395258,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO spans VALUES(2,'revoked',1795796395237,1795796395256,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO spans VALUES(3,'short',1795796395237,1795796395258,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO spans VALUES(4,'unseen',1795796395237,1795796395254,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO spans VALUES(5,'expiring',1795796395258,NULL,'ok',NULL,'Deploy Key','john@example.com','["dns:*","servers:list"]',1793204394000,'known',1796314794000,0);
INSERT INTO spans VALUES(6,'revoked',1795796395256,NULL,'rejected','401 Unauthorized',NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO spans VALUES(7,'short',1795796395258,NULL,'ok',NULL,'short','john@example.com','["dns:list"]',1793204394000,'known',1821716394000,0);
INSERT INTO spans VALUES(8,'unseen',1795796395254,NULL,'unreachable','connection refused by 127.0.0.1:1',NULL,NULL,NULL,NULL,NULL,NULL,0);
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
INSERT INTO mutes VALUES('token','short','ann','it is renewed on Monday',1764000000000,1764600000000);
INSERT INTO channels VALUES('ops',X'9c4fa34dec4c387b85a35a9d28097aab',NULL,1);
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
INSERT INTO events VALUES('01M8EWWS4J7B6RP3H2ZWTHPF9G',1795796395154,'token:expiring','first_seen','changed','info','expiring is watched from now on',NULL,'{"version":1,"id":"01M8EWWS4J7B6RP3H2ZWTHPF9G","instance":"vps-1","subject":"token","type":"first_seen","phase":"changed","severity":"info","at":"2026-11-27T16:19:55Z","summary":"expiring is watched from now on","token":{"id":"expiring","name":null,"provider":"vps.org","account":null,"owner":"platform team","renew_url":null,"note":null},"host":null,"alert_id":null,"since":null,"next_reminder_at":null,"acknowledged_by":null,"reason":null,"details":{}}');
INSERT INTO events VALUES('01M8EWWS4J7B6RP3H2ZWTHPF9H',1795796395154,'token:revoked','first_seen','changed','info','revoked is watched from now on',NULL,'{"version":1,"id":"01M8EWWS4J7B6RP3H2ZWTHPF9H","instance":"vps-1","subject":"token","type":"first_seen","phase":"changed","severity":"info","at":"2026-11-27T16:19:55Z","summary":"revoked is watched from now on","token":{"id":"revoked","name":null,"provider":"vps.org","account":null,"owner":null,"renew_url":null,"note":null},"host":null,"alert_id":null,"since":null,"next_reminder_at":null,"acknowledged_by":null,"reason":null,"details":{}}');
INSERT INTO events VALUES('01M8EWWS4J7B6RP3H2ZWTHPF9J',1795796395154,'token:short','first_seen','changed','info','short is watched from now on',NULL,'{"version":1,"id":"01M8EWWS4J7B6RP3H2ZWTHPF9J","instance":"vps-1","subject":"token","type":"first_seen","phase":"changed","severity":"info","at":"2026-11-27T16:19:55Z","summary":"short is watched from now on","token":{"id":"short","name":null,"provider":"vps.org","account":null,"owner":null,"renew_url":null,"note":null},"host":null,"alert_id":null,"since":null,"next_reminder_at":null,"acknowledged_by":null,"reason":null,"details":{}}');
INSERT INTO events VALUES('01M8EWWS4J7B6RP3H2ZWTHPF9K',1795796395154,'token:unseen','first_seen','changed','info','unseen is watched from now on',NULL,'{"version":1,"id":"01M8EWWS4J7B6RP3H2ZWTHPF9K","instance":"vps-1","subject":"token","type":"first_seen","phase":"changed","severity":"info","at":"2026-11-27T16:19:55Z","summary":"unseen is watched from now on","token":{"id":"unseen","name":null,"provider":"vps.org","account":null,"owner":null,"renew_url":null,"note":null},"host":null,"alert_id":null,"since":null,"next_reminder_at":null,"acknowledged_by":null,"reason":null,"details":{}}');
INSERT INTO events VALUES('01M8EWWS7RQ4BM8GMRBDQG1GNP',1795796395256,'token:revoked','rejected','raised','critical','revoked is rejected by 127.0.0.1:45209 (401 Unauthorized): revoked, replaced or wrong','01M8EWWS7RQ4BM8GMRBDQG1GNP','{"version":1,"id":"01M8EWWS7RQ4BM8GMRBDQG1GNP","instance":"vps-1","subject":"token","type":"rejected","phase":"raised","severity":"critical","at":"2026-11-27T16:19:55Z","summary":"revoked is rejected by 127.0.0.1:45209 (401 Unauthorized): revoked, replaced or wrong","token":{"id":"revoked","name":null,"provider":"vps.org","account":null,"owner":null,"renew_url":null,"note":null},"host":null,"alert_id":"01M8EWWS7RQ4BM8GMRBDQG1GNP","since":"2026-11-27T16:19:55Z","next_reminder_at":"2026-11-28T16:19:55Z","acknowledged_by":null,"reason":null,"details":{"rejected_since":"2026-11-27T16:19:55Z","answer":"401 Unauthorized","expires_at":null}}');
INSERT INTO events VALUES('01M8EWWS7T9CZCWKEJBPTR9908',1795796395258,'token:expiring','expiring','raised','warning','expiring expires 2026-12-03 16:19 UTC (in 5 d 23 h)','01M8EWWS7T9CZCWKEJBPTR9908','{"version":1,"id":"01M8EWWS7T9CZCWKEJBPTR9908","instance":"vps-1","subject":"token","type":"expiring","phase":"raised","severity":"warning","at":"2026-11-27T16:19:55Z","summary":"expiring expires 2026-12-03 16:19 UTC (in 5 d 23 h)","token":{"id":"expiring","name":"Deploy Key","provider":"vps.org","account":"john@example.com","owner":"platform team","renew_url":null,"note":null},"host":null,"alert_id":"01M8EWWS7T9CZCWKEJBPTR9908","since":"2026-11-27T16:19:55Z","next_reminder_at":"2026-12-04T16:19:55Z","acknowledged_by":null,"reason":null,"details":{"expires_at":"2026-12-03T16:19:54Z","stage":"7d","seconds_left":518398,"expires_from":"provider"}}');
INSERT INTO events VALUES('01M8EWWS7T9CZCWKEJBPTR9909',1795796395258,'token:short','permissions_missing','raised','critical','short lacks servers:*','01M8EWWS7T9CZCWKEJBPTR9909','{"version":1,"id":"01M8EWWS7T9CZCWKEJBPTR9909","instance":"vps-1","subject":"token","type":"permissions_missing","phase":"raised","severity":"critical","at":"2026-11-27T16:19:55Z","summary":"short lacks servers:*","token":{"id":"short","name":"short","provider":"vps.org","account":"john@example.com","owner":null,"renew_url":null,"note":null},"host":null,"alert_id":"01M8EWWS7T9CZCWKEJBPTR9909","since":"2026-11-27T16:19:55Z","next_reminder_at":"2026-11-28T16:19:55Z","acknowledged_by":null,"reason":null,"details":{"missing":["servers:*"],"permissions":["dns:list"]}}');
INSERT INTO events VALUES('01M8EWWSG95BQNMP1FMSRHVNGZ',1795796395529,'token:expiring','expiring','acknowledged','warning','expiring: expiring acknowledged by ann until 2026-12-27 16:19 UTC: a new one is ordered','01M8EWWS7T9CZCWKEJBPTR9908','{"version":1,"id":"01M8EWWSG95BQNMP1FMSRHVNGZ","instance":"vps-1","subject":"token","type":"expiring","phase":"acknowledged","severity":"warning","at":"2026-11-27T16:19:55Z","summary":"expiring: expiring acknowledged by ann until 2026-12-27 16:19 UTC: a new one is ordered","token":{"id":"expiring","name":"Deploy Key","provider":"vps.org","account":"john@example.com","owner":"platform team","renew_url":null,"note":null},"host":null,"alert_id":"01M8EWWS7T9CZCWKEJBPTR9908","since":"2026-11-27T16:19:55Z","next_reminder_at":null,"acknowledged_by":"ann","reason":"a new one is ordered","details":{"until":"2026-12-27T16:19:55Z"}}');
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
, wait_ms INTEGER, place INTEGER NOT NULL DEFAULT 1) STRICT;
INSERT INTO deliveries VALUES(1,'01M8EWWS7RQ4BM8GMRBDQG1GNP','ops','token:revoked',1795796395256,1,1795796400725,'127.0.0.1:1: connection refused by 127.0.0.1:1',NULL,5360,0);
INSERT INTO deliveries VALUES(2,'01M8EWWS7T9CZCWKEJBPTR9908','ops','token:expiring',1795796395258,1,1795796400985,'127.0.0.1:1: connection refused by 127.0.0.1:1',NULL,5620,1);
INSERT INTO deliveries VALUES(3,'01M8EWWS7T9CZCWKEJBPTR9909','ops','token:short',1795796395258,1,1795796399720,'127.0.0.1:1: connection refused by 127.0.0.1:1',NULL,4355,0);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('deliveries',3);
CREATE INDEX alerts_id ON alerts (id);
CREATE INDEX spans_token ON spans (token, until_at);
CREATE INDEX spans_ended ON spans (until_at) WHERE until_at IS NOT NULL;
CREATE INDEX events_at ON events (at);
CREATE INDEX events_subject ON events (subject, id);
CREATE INDEX deliveries_event ON deliveries (event_id);
CREATE INDEX deliveries_subject ON deliveries (channel, subject, id)
    WHERE given_up_at IS NULL;
CREATE INDEX deliveries_waiting ON deliveries (channel, place, id)
    WHERE given_up_at IS NULL;
COMMIT;
