package main

import (
	"fmt"

	"daohu/server/app"
	"daohu/server/config"
)

type backupCmd struct {
	Dir string `arg:"" help:"New folder to write into."`
}

// keyWarning is printed with every backup: it is worth nothing without the key.
const keyWarning = `
****************************************************************
  DAOHU_KEY IS NOT IN THIS BACKUP, on purpose.
  Keep the key elsewhere, on paper too. Without it the ID numbers,
  telephone numbers and health details in this backup are lost.
****************************************************************`

// Run copies the database in one snapshot, then the photos. The server may run.
func (c backupCmd) Run(e *env) error {
	a, _, err := e.open(e.ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	b := newBar(e.err)
	m, err := a.Backup(e.ctx, c.Dir, b.step)
	b.end()
	if err != nil {
		return err
	}
	photos := len(m.Files) - len(m.Tables)
	fmt.Fprintf(e.out, "backup   %s\nmade     %s, database %s, schema %d\ncontent  %d tables, %d rows, %d photo files, %.1f MB\n",
		c.Dir, m.Created, m.Dialect, m.Schema, len(m.Tables), m.Rows(), photos, float64(m.Bytes())/1e6)
	for _, h := range m.Heads {
		printHead(e, h)
	}
	for _, key := range m.Missing {
		fmt.Fprintf(e.out, "WARNING  photo file %s is named by the database and is not in the photo store\n", key)
	}
	fmt.Fprintln(e.out, keyWarning)
	return nil
}

type restoreCmd struct {
	Dir    string `arg:"" type:"existingdir" help:"Folder that 'daohu backup' wrote."`
	AnyKey bool   `help:"Take a backup made with another DAOHU_KEY: what is sealed in it stays closed for good."`
}

// Run verifies the backup whole before it opens the database, fills an empty
// one, and ends with the audit.
func (c restoreCmd) Run(e *env) error {
	conf, err := config.Load(e.getenv)
	if err == nil {
		err = conf.NeedKey()
	}
	if err != nil {
		return err
	}
	boxes, err := app.Boxes(conf)
	if err != nil {
		return err
	}
	from, err := app.OpenBackup(c.Dir, boxes, c.AnyKey)
	if err != nil {
		return fmt.Errorf("%w (nothing was written)", err)
	}
	defer from.Close()
	fmt.Fprintf(e.out, "backup   %s of %s is whole: %d tables, %d rows, %.1f MB\n", c.Dir, from.Created, len(from.Tables), from.Rows(), float64(from.Bytes())/1e6)
	a, _, err := e.open(e.ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	b := newBar(e.err)
	audit, err := a.Restore(e.ctx, from, b.step)
	b.end()
	if err != nil {
		return err
	}
	for _, key := range from.Missing {
		fmt.Fprintf(e.out, "WARNING  photo file %s was missing when the backup was made\n", key)
	}
	fmt.Fprintln(e.out, "restored. Everyone logs in again; phones offer what they wrote since by themselves.\nLook through the accounts: what was disabled or changed after the backup is as it was before.")
	return e.report(audit)
}
