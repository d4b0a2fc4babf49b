-- +goose Up
-- Second factors (RFC 6238). secret is sealed; confirmed_at 0 = it was shown
-- and never used; last_step is the last step of 30 s whose code was taken.
CREATE TABLE `totp` (
  `user` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `secret` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `created_at` BIGINT NOT NULL,
  `confirmed_at` BIGINT NOT NULL,
  `last_step` BIGINT NOT NULL,
  PRIMARY KEY (`user`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
