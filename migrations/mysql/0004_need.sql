-- +goose Up
CREATE TABLE `need` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `text` VARCHAR(500) NOT NULL,
  `kind` VARCHAR(100) NOT NULL,
  `visit` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `answer` VARCHAR(500) NOT NULL,
  `closed` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `need_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
