package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"daohu/server/app"
	"daohu/server/setting"
)

type settingCmd struct {
	List    settingList    `cmd:"" help:"Print the rules a township goes by."`
	Show    settingShow    `cmd:"" help:"Print one document as JSON."`
	Publish settingPublish `cmd:"" help:"Make a document hold from now on: one that ships, or a file."`
}

type settingList struct {
	Township string `placeholder:"CODE" help:"Only this township."`
	Demo     bool   `help:"Look at the demo's database."`
}

// Run prints a line for each township and kind.
func (c settingList) Run(e *env) error {
	return e.each(c.Demo, c.Township, func(a *app.App, township string) error {
		rows, err := a.Settings.List(e.ctx, township)
		if err != nil {
			return err
		}
		for _, r := range rows {
			from := "随程序"
			if r.Edition > 0 {
				from = fmt.Sprintf("本乡镇第 %d 版", r.Edition)
			}
			fmt.Fprintf(e.out, "%s\t%s\t%s\t%s\t%s\n", township, r.Code, r.Title, r.Name, from)
			for _, d := range r.Shipped {
				fmt.Fprintf(e.out, "\t可选\t%s\t%s\n", d.Name, d.Title)
			}
		}
		return nil
	})
}

type settingShow struct {
	Code     string `arg:"" help:"Kind of document, as list prints it."`
	Township string `required:"" placeholder:"CODE"`
	Demo     bool   `help:"Look at the demo's database."`
}

// Run prints the document that holds.
func (c settingShow) Run(e *env) error {
	a, err := e.look(c.Demo)
	if err != nil {
		return err
	}
	defer a.Close()
	body, err := a.Settings.Current(e.ctx, c.Township, c.Code)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := json.Indent(&buf, body, "", "  "); err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.out, buf.String())
	return err
}

type settingPublish struct {
	Code     string `arg:"" help:"Kind of document, as list prints it."`
	Use      string `placeholder:"NAME" help:"Name of a document that ships."`
	File     string `placeholder:"FILE" help:"JSON file; - = standard input."`
	Title    string `help:"Name of the file's document."`
	Reason   string `required:"" help:"Why it changes; kept with it."`
	Township string `placeholder:"CODE" help:"Only this township; default: all."`
}

// Run publishes; a document that is not read without a fault changes nothing.
func (c settingPublish) Run(e *env) error {
	change := setting.Change{Use: c.Use, Title: c.Title, Reason: c.Reason}
	if c.File != "" {
		raw, err := readFile(c.File)
		if err != nil {
			return err
		}
		change.Body = raw
	}
	return e.with(func(a *app.App) error {
		codes, err := a.PublishSetting(e.ctx, c.Township, c.Code, change)
		for _, township := range codes {
			fmt.Fprintln(e.out, township)
		}
		return err
	})
}

func readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(os.Stdin, 1<<20))
	}
	return os.ReadFile(name)
}
