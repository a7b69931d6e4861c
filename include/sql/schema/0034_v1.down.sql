-- Removes what the old application's HTTP routes keep; every secret of those let in is lost.
DROP TABLE atlas.v1_let_ins;
DROP TABLE atlas.v1_watches;
DROP TABLE atlas.v1_usage;
DROP TABLE atlas.v1_documents;
