-- +goose Up
-- The clock of needs: when an answer is due, who gave it and when, the rating.
ALTER TABLE `need` ADD COLUMN `owner` TEXT NOT NULL DEFAULT '';
ALTER TABLE `need` ADD COLUMN `rating` TEXT NOT NULL DEFAULT '';
ALTER TABLE `need` ADD COLUMN `due` TEXT NOT NULL DEFAULT '';
ALTER TABLE `need` ADD COLUMN `state` TEXT NOT NULL DEFAULT '';
ALTER TABLE `need` ADD COLUMN `answered_by` TEXT NOT NULL DEFAULT '';
ALTER TABLE `need` ADD COLUMN `answered_at` INTEGER NOT NULL DEFAULT 0;
ALTER TABLE `need` ADD COLUMN `words` TEXT NOT NULL DEFAULT '';
UPDATE `need` SET `state` = CASE WHEN `closed` <> '' THEN 'closed' WHEN `answer` <> '' THEN 'answered' ELSE 'open' END;
CREATE INDEX `need_due` ON `need` (`township`, `state`, `due`, `id`);

-- The problem ledger, of a household or of the township as a whole.
CREATE TABLE `issue` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `category` TEXT NOT NULL,
  `title` TEXT NOT NULL,
  `text` TEXT NOT NULL,
  `cause` TEXT NOT NULL,
  `measure` TEXT NOT NULL,
  `due` TEXT NOT NULL,
  `owner` TEXT NOT NULL,
  `state` TEXT NOT NULL,
  `result` TEXT NOT NULL,
  `source` TEXT NOT NULL,
  `done_by` TEXT NOT NULL,
  `checked_by` TEXT NOT NULL,
  `checked_at` INTEGER NOT NULL,
  `words` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `issue_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;
CREATE INDEX `issue_due` ON `issue` (`township`, `state`, `due`, `id`);

-- Complaints and suggestions; the texts are ciphertext.
CREATE TABLE `complaint` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `text` TEXT NOT NULL,
  `kind` TEXT NOT NULL,
  `whom` TEXT NOT NULL,
  `about` TEXT NOT NULL,
  `withdrawn` INTEGER NOT NULL,
  `level` TEXT NOT NULL,
  `due` TEXT NOT NULL,
  `state` TEXT NOT NULL,
  `answer` TEXT NOT NULL,
  `answered_by` TEXT NOT NULL,
  `answered_at` INTEGER NOT NULL,
  `closed` TEXT NOT NULL,
  `words` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `complaint_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;
CREATE INDEX `complaint_due` ON `complaint` (`township`, `state`, `due`, `id`);
