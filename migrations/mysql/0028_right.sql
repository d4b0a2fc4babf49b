-- +goose Up
-- What persons ask for about their own data, and its answer.
CREATE TABLE `datarequest` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `kind` VARCHAR(100) NOT NULL,
  `asker` VARCHAR(50) NOT NULL,
  `way` VARCHAR(100) NOT NULL,
  `member` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `text` VARCHAR(500) NOT NULL,
  `day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `due` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `state` VARCHAR(100) NOT NULL,
  `answer` VARCHAR(500) NOT NULL,
  `settled_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `settled_at` BIGINT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `datarequest_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `datarequest_due` ON `datarequest` (`township`, `state`, `due`, `id`);

-- What auditors find about a record.
CREATE TABLE `finding` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `about` VARCHAR(32) NOT NULL,
  `row` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `severity` VARCHAR(100) NOT NULL,
  `text` VARCHAR(500) NOT NULL,
  `due` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `state` VARCHAR(100) NOT NULL,
  `answer` VARCHAR(500) NOT NULL,
  `answered_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `answered_at` BIGINT NOT NULL,
  `closed` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `words` VARCHAR(200) NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `finding_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `finding_due` ON `finding` (`township`, `state`, `due`, `id`);
