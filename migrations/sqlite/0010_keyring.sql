-- +goose Up
-- The end of the accounts' audit chain; its lines lie in `audit` under space 0.
-- One row, made with the first line.
CREATE TABLE `account_chain` (
  `no` INTEGER NOT NULL,
  `seq` INTEGER NOT NULL,
  `audit_head` TEXT NOT NULL,
  PRIMARY KEY (`no`)
) WITHOUT ROWID;

-- What is still needed of keys that were replaced, sealed with the present key.
CREATE TABLE `keyring` (
  `id` TEXT NOT NULL,
  `secret` TEXT NOT NULL,
  `at` INTEGER NOT NULL,
  PRIMARY KEY (`id`)
) WITHOUT ROWID;
