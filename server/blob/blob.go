// Package blob keeps opaque bodies under names the server made.
//
// A key is a path of lower-case segments, such as photo/ab12/cd34.jpg: it fits
// a folder tree and an S3 bucket alike. Keys never come from a client.
package blob

import (
	"context"
	"fmt"
	"io"
	"time"

	"daohu/server/fault"
)

// Store keeps bodies. A body is whole or absent, never half-written, and a
// Put that returned nil survives a power cut. Every failure of the medium is
// fault.Unavailable: the same call may succeed later.
type Store interface {
	// Put stores exactly size bytes of r, at least one, under key, replacing
	// what was there.
	Put(ctx context.Context, key string, r io.Reader, size int64) error
	// Open returns the body and its size in bytes; fault.NotFound when there
	// is none. The caller closes it.
	Open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error)
	// Exists reports whether there is a body under key.
	Exists(ctx context.Context, key string) (bool, error)
	// Delete removes the body; removing what is not there is no error.
	Delete(ctx context.Context, key string) error
	// Walk visits the bodies whose key begins with prefix, in no order; what
	// is put or deleted meanwhile may be visited or not. An error of visit
	// ends it and is returned.
	Walk(ctx context.Context, prefix string, visit func(Info) error) error
}

// Info is one body that Walk found.
type Info struct {
	Key      string
	Size     int64 // bytes
	Modified time.Time
}

// maxKey is below what the key column of photo_body holds (160) and far below
// the 1024 bytes that S3 allows.
const maxKey = 150

// CheckKey says whether key may be used: segments of [a-z0-9_.-] that start
// with a letter or digit (so neither "." nor ".." nor a hidden file), parted
// by single slashes, at most 150 bytes. A bad key is a bug of the server.
func CheckKey(key string) error {
	start := true
	for i := 0; i < len(key) && i <= maxKey; i++ {
		c := key[i]
		alnum := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		switch {
		case alnum:
			start = false
		case start, c != '/' && c != '_' && c != '.' && c != '-':
			return badKey(key)
		case c == '/':
			start = true
		}
	}
	if start || len(key) > maxKey {
		return badKey(key)
	}
	return nil
}

func badKey(key string) error {
	return fault.Wrap(fault.Internal, fmt.Errorf("blob: bad key %.60q", key))
}
