-- In clear: ids, times, states, counts, names of providers and models. The rest is sealed (BLOB).
-- Times are milliseconds since 1970, UTC. AUTOINCREMENT where an id is associated data of sealed
-- cells: such an id is never given out twice.

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE data_keys (
  id      TEXT PRIMARY KEY,
  kind    TEXT NOT NULL CHECK (kind IN ('host', 'identity', 'place')),
  owner   TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  kek_id  TEXT NOT NULL,
  made_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX data_keys_owner ON data_keys (kind, owner);

CREATE TABLE members (
  id      TEXT PRIMARY KEY,
  chosen  BLOB,
  made_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE identities (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  frontend TEXT NOT NULL,
  account  TEXT NOT NULL,
  member   TEXT NOT NULL REFERENCES members (id),
  data_key TEXT NOT NULL REFERENCES data_keys (id),
  UNIQUE (frontend, account)
);
CREATE INDEX identities_member ON identities (member, frontend);
CREATE INDEX identities_key ON identities (data_key);

CREATE TABLE places (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  frontend TEXT NOT NULL,
  chat     TEXT NOT NULL,
  thread   TEXT NOT NULL,
  kind     TEXT NOT NULL,
  session  INTEGER REFERENCES sessions (id) ON DELETE SET NULL,
  data_key TEXT REFERENCES data_keys (id),
  UNIQUE (frontend, chat, thread, kind)
);
CREATE INDEX places_session ON places (session);

CREATE TABLE sessions (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  place      INTEGER NOT NULL REFERENCES places (id),
  owner      TEXT REFERENCES members (id),
  title      BLOB,
  chosen     BLOB,
  started_at INTEGER NOT NULL,
  last_at    INTEGER NOT NULL,
  messages   INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX sessions_place ON sessions (place, last_at, id) WHERE messages > 0;

-- seq: the place in the history, given with the first answer and kept by a retry.
-- asked_at: when it was last asked, so later than received_at after a retry.
-- untold: 1 for a turn that expired with its epoch, until its member is told.
CREATE TABLE turns (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  session     INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  place       INTEGER NOT NULL REFERENCES places (id),
  member      TEXT NOT NULL REFERENCES members (id),
  data_key    TEXT NOT NULL REFERENCES data_keys (id),
  state       TEXT NOT NULL,
  detail      TEXT NOT NULL DEFAULT '',
  attempt     INTEGER NOT NULL DEFAULT 0,
  received_at INTEGER NOT NULL,
  asked_at    INTEGER NOT NULL,
  message     TEXT,
  shown       TEXT,
  provider    TEXT NOT NULL,
  model       TEXT NOT NULL,
  question    BLOB NOT NULL,
  choices     BLOB NOT NULL,
  partial     BLOB,
  answer      BLOB,
  seq         INTEGER,
  tokens      INTEGER NOT NULL DEFAULT 0,
  taken_back  INTEGER NOT NULL DEFAULT 0,
  untold      INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX turns_history ON turns (session, seq) WHERE seq IS NOT NULL;
CREATE INDEX turns_member ON turns (session, member, id);
CREATE INDEX turns_open ON turns (member, place)
  WHERE state IN ('received', 'waiting', 'requested');
CREATE INDEX turns_untold ON turns (id) WHERE untold = 1;

-- sessions.messages counts questions and answers that were not taken back.
CREATE TRIGGER turns_added AFTER INSERT ON turns BEGIN
  UPDATE sessions SET messages = messages + 1 WHERE id = NEW.session;
END;
CREATE TRIGGER turns_changed AFTER UPDATE OF session, seq, taken_back ON turns BEGIN
  UPDATE sessions SET messages = messages - (1 - OLD.taken_back) * (1 + (OLD.seq IS NOT NULL))
    WHERE id = OLD.session;
  UPDATE sessions SET messages = messages + (1 - NEW.taken_back) * (1 + (NEW.seq IS NOT NULL))
    WHERE id = NEW.session;
END;

CREATE TABLE inbox (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  frontend   TEXT NOT NULL,
  update_id  TEXT NOT NULL,
  state      TEXT NOT NULL,
  tries      INTEGER NOT NULL DEFAULT 0,
  stored_at  INTEGER NOT NULL,
  reference  TEXT,
  body       BLOB,
  UNIQUE (frontend, update_id)
);
CREATE INDEX inbox_pending ON inbox (id) WHERE state = 'pending';
CREATE INDEX inbox_age ON inbox (stored_at);

CREATE TABLE outbox (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  place     INTEGER NOT NULL REFERENCES places (id),
  member    TEXT NOT NULL,
  turn      INTEGER REFERENCES turns (id) ON DELETE CASCADE,
  part      INTEGER NOT NULL,
  edits     TEXT,
  state     TEXT NOT NULL,
  message   TEXT,
  made_at   INTEGER NOT NULL,
  reply     BLOB
);
CREATE INDEX outbox_open ON outbox (id) WHERE state IN ('pending', 'sending');
CREATE INDEX outbox_turn ON outbox (turn);
CREATE INDEX outbox_age ON outbox (made_at);

CREATE TABLE api_keys (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  member     TEXT NOT NULL REFERENCES members (id),
  provider   TEXT NOT NULL,
  origin     TEXT NOT NULL,
  key        BLOB NOT NULL,
  mask       BLOB NOT NULL,
  health     TEXT NOT NULL,
  added_at   INTEGER NOT NULL,
  checked_at INTEGER,
  used_at    INTEGER,
  UNIQUE (member, provider)
);

-- Usage outlives sessions and turns, so it refers to neither. Cost NULL: unknown.
CREATE TABLE usage (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  member      TEXT NOT NULL,
  session     INTEGER NOT NULL,
  turn        INTEGER NOT NULL,
  attempt     INTEGER NOT NULL,
  provider    TEXT NOT NULL,
  model       TEXT NOT NULL,
  at          INTEGER NOT NULL,
  input       INTEGER NOT NULL,
  output      INTEGER NOT NULL,
  cache_read  INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  reasoning   INTEGER NOT NULL,
  cost_nano   INTEGER,
  estimated   INTEGER NOT NULL,
  UNIQUE (turn, attempt)
);
CREATE INDEX usage_member ON usage (member, at);
CREATE INDEX usage_session ON usage (member, session);

CREATE TABLE notices (
  member TEXT NOT NULL REFERENCES members (id),
  notice TEXT NOT NULL,
  PRIMARY KEY (member, notice)
) WITHOUT ROWID;

CREATE TABLE questions (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  member   TEXT NOT NULL REFERENCES members (id),
  place    INTEGER NOT NULL REFERENCES places (id),
  asked_at INTEGER NOT NULL,
  question BLOB NOT NULL,
  UNIQUE (member, place)
);

CREATE TABLE adjustments (
  provider   TEXT NOT NULL,
  model      TEXT NOT NULL,
  adjustment TEXT NOT NULL,
  learned_at INTEGER NOT NULL,
  PRIMARY KEY (provider, model, adjustment)
) WITHOUT ROWID;
