-- Several keys of a member at one provider, one of them active. SQLite cannot take a UNIQUE away,
-- so the table is made anew; ids stay, as they are associated data of the sealed cells.
-- health_at: since when `health` has been so.

CREATE TABLE keys_anew (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  member     TEXT NOT NULL REFERENCES members (id),
  provider   TEXT NOT NULL,
  origin     TEXT NOT NULL,
  key        BLOB NOT NULL,
  mask       BLOB NOT NULL,
  name       BLOB,
  active     INTEGER NOT NULL,
  health     TEXT NOT NULL,
  health_at  INTEGER NOT NULL,
  added_at   INTEGER NOT NULL,
  checked_at INTEGER,
  used_at    INTEGER
);
INSERT INTO keys_anew
  SELECT id, member, provider, origin, key, mask, NULL, 1, health, coalesce(checked_at, added_at),
    added_at, checked_at, used_at
  FROM api_keys;

-- The ids of keys that were removed stay used, so the new table counts on from the old one.
DELETE FROM sqlite_sequence WHERE name = 'keys_anew';
INSERT INTO sqlite_sequence (name, seq)
  SELECT 'keys_anew', seq FROM sqlite_sequence WHERE name = 'api_keys';

DROP TABLE api_keys;
ALTER TABLE keys_anew RENAME TO api_keys;
CREATE INDEX api_keys_member ON api_keys (member, provider);
CREATE UNIQUE INDEX api_keys_active ON api_keys (member, provider) WHERE active = 1;
