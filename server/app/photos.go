package app

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"time"

	"daohu/server/access"
	"daohu/server/api"
	"daohu/server/blob"
	"daohu/server/blob/s3"
	"daohu/server/config"
	"daohu/server/photo"
	"daohu/server/registry"
)

// blobs is where pictures are kept: a folder of DAOHU_DATA, or a bucket.
type blobs struct {
	blob.Store
	io.Closer
	ping func(context.Context) error // nil: a folder, which is there once opened
}

// Ping asks the bucket.
func (b blobs) Ping(ctx context.Context) error {
	if b.ping == nil {
		return nil
	}
	return b.ping(ctx)
}

func openBlobs(c config.Config, now time.Time) (blobs, error) {
	if c.S3.Host == "" {
		d, err := blob.NewDisk(filepath.Join(c.Data, "photos"), now)
		return blobs{Store: d, Closer: d}, err
	}
	s, err := s3.New(s3.Options{Endpoint: c.S3.Host, Bucket: c.S3.Bucket, Region: c.S3.Region, Key: c.S3.Key, Secret: c.S3.Secret.Reveal(), Plain: c.S3.Plain})
	if err != nil {
		return blobs{}, err
	}
	return blobs{s, s, s.Ping}, nil
}

var _ api.Photos = photos{}

// photos is pictures as the API serves them.
type photos struct {
	*photo.Desk
	links    *photo.Links
	registry *registry.Service
	now      func() time.Time
}

func (a *App) photos(desk *photo.Desk) photos {
	var keys [][]byte
	for _, k := range a.Box.Subkeys() {
		keys = append(keys, k.Links)
	}
	return photos{desk, &photo.Links{Desk: desk, Holders: a.Accounts, Keys: keys, Now: a.opt.Now}, a.Registry, a.opt.Now}
}

func (p photos) Link(ctx context.Context, a access.Actor, id, size string) (string, int64, error) {
	return p.links.Issue(ctx, a, id, size)
}

func (p photos) OpenLink(ctx context.Context, id, size, ticket string) (io.ReadSeekCloser, time.Time, error) {
	return p.links.Open(ctx, id, size, ticket)
}

// Waiting lists the caller's own rows; those she may not read any more, since
// the household has passed to someone else, by id alone.
func (p photos) Waiting(ctx context.Context, a access.Actor, days int) ([]json.RawMessage, error) {
	list, err := p.Desk.Waiting(ctx, a, p.now(), days)
	if err != nil {
		return nil, err
	}
	out := []json.RawMessage{}
	for _, r := range list {
		row, err := p.registry.Get(ctx, a, photo.Type, r.ID)
		if err != nil {
			row, err = json.Marshal(map[string]any{"id": r.ID, "size": r.Size, "sha256": r.SHA256})
		}
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}
