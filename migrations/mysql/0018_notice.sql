-- +goose Up
-- Public notices.
CREATE TABLE `notice` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `kind` VARCHAR(10) NOT NULL,
  `title` VARCHAR(60) NOT NULL,
  `text` VARCHAR(2000) NOT NULL,
  `rows` MEDIUMTEXT NOT NULL,
  `hotline` VARCHAR(20) NOT NULL,
  `from_day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `until_day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `state` VARCHAR(10) NOT NULL,
  `reason` VARCHAR(200) NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `notice_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `notice_state` ON `notice` (`state`, `township`);
