// Package s3 is a blob.Store in one bucket of an S3 server.
//
// It talks path-style to one fixed host: no redirect is followed, no proxy of
// the environment is used, and a request for any other host is refused before
// it is sent (docs/security.md). What it keeps is small, so that every body
// passes through memory whole: a caller sees all of it or none.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"daohu/server/blob"
	"daohu/server/fault"
)

const (
	// MaxBody is the largest body in bytes, sixteen times a stored picture.
	MaxBody = 16 << 20
	// patience is how long one call may take, its repetitions included.
	patience = 30 * time.Second
	// tries is how often a request is sent before the call fails; the phone
	// comes again later anyway.
	tries = 3
)

// Options say where the bucket is; Endpoint to Secret are required.
type Options struct {
	Endpoint string // host or host:port
	Bucket   string // must exist
	Region   string // "" = us-east-1, which most servers that are not Amazon's take
	Key      string
	Secret   string
	Plain    bool // http instead of https
	// Transport sends the requests; nil = the package's own. Tests break it.
	Transport http.RoundTripper
	Tries     int // 0 = 3
}

// Store keeps bodies in the bucket. It is safe for concurrent use.
type Store struct {
	client minio.Core
	bucket string
}

var _ blob.Store = (*Store)(nil)

// New makes a Store; nothing is sent yet, so that the server starts while the
// bucket is out of reach.
func New(o Options) (*Store, error) {
	if o.Endpoint == "" || o.Bucket == "" || o.Key == "" || o.Secret == "" {
		return nil, errors.New("s3: endpoint, bucket, key or secret is missing")
	}
	if o.Region == "" {
		o.Region = "us-east-1" // asked of the server otherwise, by a request of its own
	}
	if o.Tries == 0 {
		o.Tries = tries
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 15 * time.Second,
			MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, DisableCompression: true,
		}
	}
	c, err := minio.New(o.Endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(o.Key, o.Secret, ""), Secure: !o.Plain, Region: o.Region,
		BucketLookup: minio.BucketLookupPath, Transport: oneHost{o.Endpoint, o.Transport}, MaxRetries: o.Tries,
	})
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	return &Store{minio.Core{Client: c}, o.Bucket}, nil
}

// oneHost refuses every other host, whatever a redirect or an answer says.
type oneHost struct {
	host string
	next http.RoundTripper
}

func (h oneHost) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != h.host {
		return nil, errors.New("s3: the request would leave the configured host")
	}
	return h.next.RoundTrip(r)
}

// Close has nothing to let go of.
func (s *Store) Close() error { return nil }

// Ping asks whether the bucket is there and the key may see it.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ok, err := s.client.BucketExists(ctx, s.bucket)
	if err == nil && !ok {
		err = errors.New("there is no such bucket")
	}
	return down(err)
}

// Put implements blob.Store. The server checks the body's MD5 sum: what was
// cut on the way is not kept.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, size int64) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	if size < 0 || size > MaxBody {
		return fault.Wrap(fault.Internal, fmt.Errorf("s3: a body of %d bytes is not for this store", size))
	}
	// One byte more than announced is asked for, so that a longer body shows.
	body, err := io.ReadAll(io.LimitReader(r, size+1))
	if err != nil {
		return down(err)
	}
	if int64(len(body)) != size {
		return fault.Wrap(fault.Internal, fmt.Errorf("s3: body is not of the %d bytes announced", size))
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err = s.client.Client.PutObject(ctx, s.bucket, key, bytes.NewReader(body), size, minio.PutObjectOptions{
		ContentType: "application/octet-stream", DisableMultipart: true, SendContentMd5: true,
	})
	return down(err)
}

// Open implements blob.Store.
func (s *Store) Open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error) {
	if err := blob.CheckKey(key); err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	o, info, _, err := s.client.GetObject(ctx, s.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, 0, down(err)
	}
	defer func() { _ = o.Close() }() // only read
	body, err := io.ReadAll(io.LimitReader(o, MaxBody+1))
	if err == nil && info.Size != int64(len(body)) {
		err = errors.New("the body came in part")
	}
	if err != nil {
		return nil, 0, down(err)
	}
	return memory{bytes.NewReader(body)}, int64(len(body)), nil
}

// Exists implements blob.Store.
func (s *Store) Exists(ctx context.Context, key string) (bool, error) {
	if err := blob.CheckKey(key); err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := s.client.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	if err = down(err); fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := down(s.client.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{}))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// Walk implements blob.Store.
func (s *Store) Walk(ctx context.Context, prefix string, visit func(blob.Info) error) error {
	ctx, cancel := context.WithCancel(ctx) // ends the listing when visit does
	defer cancel()
	for o := range s.client.Client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if o.Err != nil {
			return down(o.Err)
		}
		if blob.CheckKey(o.Key) != nil {
			continue // not ours
		}
		if err := visit(blob.Info{Key: o.Key, Size: o.Size, Modified: o.LastModified}); err != nil {
			return err
		}
	}
	return down(ctx.Err())
}

// down sorts errors: a body that is not there, else a store that is out of
// reach, full, or not as configured; the same call may succeed later.
func down(err error) error {
	switch {
	case err == nil:
		return nil
	case minio.ToErrorResponse(err).Code == minio.NoSuchKey:
		return fault.Wrap(fault.NotFound, err)
	}
	return &fault.Error{Code: fault.Unavailable, Retry: 30 * time.Second, Err: fmt.Errorf("s3: %w", err)}
}

// memory is a body that was read whole.
type memory struct{ *bytes.Reader }

// Close has nothing to let go of.
func (memory) Close() error { return nil }
