-- +goose Up
-- What is to be done outside the database after a commit, and how many
-- subscription messages a person said yes to.
CREATE TABLE `outbox` (
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `kind` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `type` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `row` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `body` TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `due_at` BIGINT NOT NULL,
  `lease_at` BIGINT NOT NULL,
  `tries` BIGINT NOT NULL,
  `state` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `code` VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `outbox_due` ON `outbox` (`state`, `due_at`, `id`);

CREATE TABLE `subscription` (
  `user` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `template` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `left` BIGINT NOT NULL,
  PRIMARY KEY (`user`, `template`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE `need`
  ADD COLUMN `flags` TEXT NOT NULL;
