-- +goose Up
-- The end of the accounts' audit chain; its lines lie in `audit` under space 0.
-- One row, made with the first line.
CREATE TABLE `account_chain` (
  `no` BIGINT NOT NULL,
  `seq` BIGINT NOT NULL,
  `audit_head` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`no`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What is still needed of keys that were replaced, sealed with the present key.
CREATE TABLE `keyring` (
  `id` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `secret` MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `at` BIGINT NOT NULL,
  PRIMARY KEY (`id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
