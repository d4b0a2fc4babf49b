-- +goose Up
-- Who may log in. Rows are changed by compare-and-set on version. card_hash,
-- openid and the household's login are unique; NULL = none, so many may have none.
CREATE TABLE `user` (
  `id` TEXT NOT NULL,
  `version` INTEGER NOT NULL,
  `login` TEXT NOT NULL,
  `name` TEXT NOT NULL,
  `role` TEXT NOT NULL,
  `county` TEXT NOT NULL,
  `township` TEXT NOT NULL,
  `area` TEXT NOT NULL,
  `household` TEXT,
  `unit` TEXT NOT NULL,
  `rank` TEXT NOT NULL,
  `phone` TEXT NOT NULL,
  `password_hash` TEXT NOT NULL,
  `pin_hash` TEXT NOT NULL,
  `card_hash` TEXT,
  `openid` TEXT,
  `disabled_at` INTEGER NOT NULL,
  `created_at` INTEGER NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `user_login` UNIQUE (`login`),
  CONSTRAINT `user_household` UNIQUE (`household`),
  CONSTRAINT `user_card` UNIQUE (`card_hash`),
  CONSTRAINT `user_openid` UNIQUE (`openid`)
) WITHOUT ROWID;
CREATE INDEX `user_township` ON `user` (`township`, `role`, `login`);

-- id is the SHA-256 of the token; the token itself is kept nowhere.
CREATE TABLE `session` (
  `id` TEXT NOT NULL,
  `user` TEXT NOT NULL,
  `kind` TEXT NOT NULL,
  `created_at` INTEGER NOT NULL,
  `expires_at` INTEGER NOT NULL,
  `revoked_at` INTEGER NOT NULL,
  PRIMARY KEY (`id`)
) WITHOUT ROWID;
CREATE INDEX `session_user` ON `session` (`user`, `expires_at`);
CREATE INDEX `session_expires` ON `session` (`expires_at`);

-- One-time codes; used by compare-and-set on used_at = 0.
CREATE TABLE `onetime` (
  `hash` TEXT NOT NULL,
  `user` TEXT NOT NULL,
  `purpose` TEXT NOT NULL,
  `created_at` INTEGER NOT NULL,
  `expires_at` INTEGER NOT NULL,
  `used_at` INTEGER NOT NULL,
  PRIMARY KEY (`hash`)
) WITHOUT ROWID;
CREATE INDEX `onetime_user` ON `onetime` (`user`, `used_at`);
CREATE INDEX `onetime_expires` ON `onetime` (`expires_at`);

-- Login attempts per subject and window. The limits stand here and not in
-- Redis, so that they hold when Redis is lost.
CREATE TABLE `attempt` (
  `subject` TEXT NOT NULL,
  `started_at` INTEGER NOT NULL,
  `n` INTEGER NOT NULL,
  `expires_at` INTEGER NOT NULL,
  PRIMARY KEY (`subject`, `started_at`)
) WITHOUT ROWID;
CREATE INDEX `attempt_expires` ON `attempt` (`expires_at`);
