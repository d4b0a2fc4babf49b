-- +goose Up
-- The clock of needs: when an answer is due, who gave it and when, the rating.
ALTER TABLE `need` ADD COLUMN `owner` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE `need` ADD COLUMN `rating` VARCHAR(100) NOT NULL DEFAULT '';
ALTER TABLE `need` ADD COLUMN `due` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE `need` ADD COLUMN `state` VARCHAR(100) NOT NULL DEFAULT '';
ALTER TABLE `need` ADD COLUMN `answered_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE `need` ADD COLUMN `answered_at` BIGINT NOT NULL DEFAULT 0;
ALTER TABLE `need` ADD COLUMN `words` VARCHAR(200) NOT NULL DEFAULT '';
UPDATE `need` SET `state` = CASE WHEN `closed` <> '' THEN 'closed' WHEN `answer` <> '' THEN 'answered' ELSE 'open' END;
CREATE INDEX `need_due` ON `need` (`township`, `state`, `due`, `id`);

-- The problem ledger, of a household or of the township as a whole.
CREATE TABLE `issue` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `category` VARCHAR(40) NOT NULL,
  `title` VARCHAR(60) NOT NULL,
  `text` VARCHAR(500) NOT NULL,
  `cause` VARCHAR(40) NOT NULL,
  `measure` VARCHAR(500) NOT NULL,
  `due` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `owner` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `state` VARCHAR(100) NOT NULL,
  `result` VARCHAR(500) NOT NULL,
  `source` VARCHAR(100) NOT NULL,
  `done_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `checked_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `checked_at` BIGINT NOT NULL,
  `words` VARCHAR(200) NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `issue_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `issue_due` ON `issue` (`township`, `state`, `due`, `id`);

-- Complaints and suggestions; the texts are ciphertext.
CREATE TABLE `complaint` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `text` TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `kind` VARCHAR(100) NOT NULL,
  `whom` VARCHAR(100) NOT NULL,
  `about` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `withdrawn` TINYINT(1) NOT NULL,
  `level` VARCHAR(100) NOT NULL,
  `due` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `state` VARCHAR(100) NOT NULL,
  `answer` TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `answered_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `answered_at` BIGINT NOT NULL,
  `closed` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `words` TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `complaint_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `complaint_due` ON `complaint` (`township`, `state`, `due`, `id`);
