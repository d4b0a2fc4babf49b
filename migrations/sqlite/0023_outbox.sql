-- +goose Up
-- What is to be done outside the database after a commit, and how many
-- subscription messages a person said yes to.
CREATE TABLE `outbox` (
  `id` TEXT NOT NULL,
  `township` TEXT NOT NULL,
  `kind` TEXT NOT NULL,
  `user` TEXT NOT NULL,
  `type` TEXT NOT NULL,
  `row` TEXT NOT NULL,
  `body` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `due_at` INTEGER NOT NULL,
  `lease_at` INTEGER NOT NULL,
  `tries` INTEGER NOT NULL,
  `state` TEXT NOT NULL,
  `code` TEXT NOT NULL,
  PRIMARY KEY (`id`)
) WITHOUT ROWID;
CREATE INDEX `outbox_due` ON `outbox` (`state`, `due_at`, `id`);

CREATE TABLE `subscription` (
  `user` TEXT NOT NULL,
  `template` TEXT NOT NULL,
  `left` INTEGER NOT NULL,
  PRIMARY KEY (`user`, `template`)
) WITHOUT ROWID;

ALTER TABLE `need` ADD COLUMN `flags` TEXT NOT NULL DEFAULT '';
