-- +goose Up
-- What households say of visits; what a phone counted while a visit was
-- written, as township totals that name nobody.
CREATE TABLE `confirmation` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `visit` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `answer` VARCHAR(10) NOT NULL,
  `text` VARCHAR(300) NOT NULL,
  `channel` VARCHAR(20) NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `confirmation_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `burden` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `month` VARCHAR(7) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `what` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `value` BIGINT NOT NULL,
  `n` BIGINT NOT NULL,
  PRIMARY KEY (`township`, `month`, `what`, `value`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE `visit`
  ADD COLUMN `burden` TEXT NOT NULL;
