-- +goose Up
CREATE TABLE `access_log` (
  `id` TEXT NOT NULL,
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `member` TEXT NOT NULL,
  `field` TEXT NOT NULL,
  `user` TEXT NOT NULL,
  `role` TEXT NOT NULL,
  `reason` TEXT NOT NULL,
  `at` INTEGER NOT NULL,
  PRIMARY KEY (`id`)
) WITHOUT ROWID;
CREATE INDEX `access_log_household` ON `access_log` (`township`, `household`, `at`);
CREATE INDEX `member_name` ON `member` (`township`, `name`);
