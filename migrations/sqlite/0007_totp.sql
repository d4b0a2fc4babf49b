-- +goose Up
-- Second factors (RFC 6238). secret is sealed; confirmed_at 0 = it was shown
-- and never used; last_step is the last step of 30 s whose code was taken.
CREATE TABLE `totp` (
  `user` TEXT NOT NULL,
  `secret` TEXT NOT NULL,
  `created_at` INTEGER NOT NULL,
  `confirmed_at` INTEGER NOT NULL,
  `last_step` INTEGER NOT NULL,
  PRIMARY KEY (`user`)
) WITHOUT ROWID;
