-- pieces: in how many updates the question came. edits: how often it was changed before it was
-- asked. revised: a change that came later, sealed until the member's word or another attempt.
-- untold is 1 as well for a turn that waits after an absence, until its member is told.

ALTER TABLE turns ADD COLUMN pieces INTEGER NOT NULL DEFAULT 1;
ALTER TABLE turns ADD COLUMN edits INTEGER NOT NULL DEFAULT 0;
ALTER TABLE turns ADD COLUMN revised BLOB;
