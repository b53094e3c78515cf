-- operator: what a member who claimed the bot was called then, sealed; NULL for everybody else.
-- That it opens is what makes them an operator, so a row changed by hand makes none.

ALTER TABLE members ADD COLUMN operator BLOB;
CREATE INDEX members_operators ON members (id) WHERE operator IS NOT NULL;
