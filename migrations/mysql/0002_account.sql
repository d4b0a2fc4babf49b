-- +goose Up
-- Who may log in. Rows are changed by compare-and-set on version. card_hash,
-- openid and the household's login are unique; NULL = none, so many may have none.
CREATE TABLE `user` (
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `version` BIGINT NOT NULL,
  `login` VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `name` VARCHAR(50) NOT NULL,
  `role` VARCHAR(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `county` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `area` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin,
  `unit` VARCHAR(60) NOT NULL,
  `rank` VARCHAR(30) NOT NULL,
  `phone` TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `password_hash` VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `pin_hash` VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `card_hash` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
  `openid` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
  `disabled_at` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `user_login` (`login`),
  UNIQUE KEY `user_household` (`household`),
  UNIQUE KEY `user_card` (`card_hash`),
  UNIQUE KEY `user_openid` (`openid`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `user_township` ON `user` (`township`, `role`, `login`);

-- id is the SHA-256 of the token; the token itself is kept nowhere.
CREATE TABLE `session` (
  `id` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `kind` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `created_at` BIGINT NOT NULL,
  `expires_at` BIGINT NOT NULL,
  `revoked_at` BIGINT NOT NULL,
  PRIMARY KEY (`id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `session_user` ON `session` (`user`, `expires_at`);
CREATE INDEX `session_expires` ON `session` (`expires_at`);

-- One-time codes; used by compare-and-set on used_at = 0.
CREATE TABLE `onetime` (
  `hash` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `purpose` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `created_at` BIGINT NOT NULL,
  `expires_at` BIGINT NOT NULL,
  `used_at` BIGINT NOT NULL,
  PRIMARY KEY (`hash`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `onetime_user` ON `onetime` (`user`, `used_at`);
CREATE INDEX `onetime_expires` ON `onetime` (`expires_at`);

-- Login attempts per subject and window. The limits stand here and not in
-- Redis, so that they hold when Redis is lost.
CREATE TABLE `attempt` (
  `subject` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `started_at` BIGINT NOT NULL,
  `n` BIGINT NOT NULL,
  `expires_at` BIGINT NOT NULL,
  PRIMARY KEY (`subject`, `started_at`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `attempt_expires` ON `attempt` (`expires_at`);
