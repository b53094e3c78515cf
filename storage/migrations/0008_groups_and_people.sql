-- groups: a chat with several people, all its topics or threads. What was in use before is allowed.
-- numbered: the last number that was given to a member there; none is given out twice.
-- payers: a member in a group; since NULL: they never agreed. history NULL: no limit of theirs.
-- admitted: sealed, that it opens is what lets a member in. standing: removed and blocked in clear,
-- so that nothing that does not open lets anybody in again. before: whose a linked account was.
-- account: by which account something was made, so that a linked one can be taken off again.
-- spent: an invitation was used, or withdrawn.
-- ours: a topic or thread that was begun with the bot.

CREATE TABLE groups (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  frontend TEXT NOT NULL,
  chat     TEXT NOT NULL,
  title    BLOB,
  chosen   BLOB,
  allowed  INTEGER NOT NULL,
  answers  TEXT NOT NULL DEFAULT 'mention',
  history  INTEGER NOT NULL DEFAULT 8000,
  numbered INTEGER NOT NULL DEFAULT 0,
  made_at  INTEGER NOT NULL,
  UNIQUE (frontend, chat)
);
INSERT INTO groups (frontend, chat, allowed, made_at)
  SELECT frontend, chat, 1, 1000 * unixepoch() FROM places WHERE kind = 'group'
  GROUP BY frontend, chat ORDER BY min(id);

CREATE TABLE payers (
  chat_group  INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  member      TEXT NOT NULL REFERENCES members (id),
  account     INTEGER REFERENCES identities (id),
  number      INTEGER NOT NULL,
  since       INTEGER,
  stopped     INTEGER NOT NULL DEFAULT 0,
  provider    TEXT NOT NULL DEFAULT '',
  model       TEXT NOT NULL DEFAULT '',
  agreed_nano INTEGER,
  cap_nano    INTEGER,
  history     INTEGER,
  named       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (chat_group, member)
) WITHOUT ROWID;
CREATE INDEX payers_member ON payers (member);

CREATE TABLE invitations (
  id         TEXT PRIMARY KEY,
  code       BLOB NOT NULL,
  member     TEXT NOT NULL REFERENCES members (id),
  made_at    INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  spent      INTEGER NOT NULL DEFAULT 0,
  used_by    TEXT
) WITHOUT ROWID;
CREATE INDEX invitations_end ON invitations (expires_at);

ALTER TABLE members ADD COLUMN admitted BLOB;
ALTER TABLE members ADD COLUMN standing TEXT NOT NULL DEFAULT 'known'
  CHECK (standing IN ('known', 'removed', 'blocked'));
ALTER TABLE members ADD COLUMN erase_at INTEGER;
CREATE INDEX members_erased ON members (erase_at) WHERE erase_at IS NOT NULL;

ALTER TABLE identities ADD COLUMN before TEXT REFERENCES members (id);
CREATE INDEX identities_before ON identities (before) WHERE before IS NOT NULL;

ALTER TABLE places ADD COLUMN ours INTEGER NOT NULL DEFAULT 0;

ALTER TABLE sessions ADD COLUMN account INTEGER REFERENCES identities (id);
ALTER TABLE turns ADD COLUMN account INTEGER REFERENCES identities (id);
ALTER TABLE api_keys ADD COLUMN account INTEGER REFERENCES identities (id);
ALTER TABLE outbox ADD COLUMN account INTEGER;
ALTER TABLE usage ADD COLUMN account INTEGER;
ALTER TABLE usage ADD COLUMN place INTEGER;

-- Until now a member had one account.
UPDATE sessions SET account = (SELECT id FROM identities WHERE member = sessions.owner)
  WHERE owner IS NOT NULL;
UPDATE turns SET account = (SELECT id FROM identities WHERE member = turns.member);
UPDATE api_keys SET account = (SELECT id FROM identities WHERE member = api_keys.member);
INSERT INTO payers (chat_group, member, account, number)
  SELECT g.id, t.member, min(t.account), row_number() OVER (PARTITION BY g.id ORDER BY min(t.id))
  FROM turns t JOIN places p ON p.id = t.place AND p.kind = 'group'
  JOIN groups g ON g.frontend = p.frontend AND g.chat = p.chat
  GROUP BY g.id, t.member;
UPDATE groups SET numbered = (SELECT count(*) FROM payers WHERE chat_group = groups.id);
UPDATE outbox SET account = (SELECT id FROM identities WHERE member = outbox.member);
UPDATE usage SET account = (SELECT id FROM identities WHERE member = usage.member),
  place = (SELECT place FROM sessions WHERE id = usage.session);

CREATE INDEX sessions_account ON sessions (account);
CREATE INDEX turns_account ON turns (account);
CREATE INDEX api_keys_account ON api_keys (account);
CREATE INDEX usage_account ON usage (account);
CREATE INDEX usage_place ON usage (member, place, at);
