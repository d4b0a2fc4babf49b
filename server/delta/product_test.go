package delta_test

import (
	"regexp"
	"strings"
	"testing"

	"daohu/server/types"
)

// banned are the things this system never keeps about people (product rules):
// nobody is ranked, timed, followed or photographed as a face or an identity
// card. Each is a pattern over a field's name in words, and over its doc.
var banned = []string{
	`rank(s|ed|ing)?`, `leaderboard`, `score board`, `streaks?`, `points? table`, `badges?`, `medals?`, `check in days`, `consecutive`,
	`online (time|seconds|minutes|hours)`, `time online`, `session (time|length|seconds)`, `last (seen|online|active)`, `duration`, `stay (time|minutes)`,
	`steps?( count)?`, `pedometer`, `mileage`, `track(s|ed|ing)?`, `route`, `trajectory`,
	`faces?`, `facial`, `selfies?`, `portrait`, `biometric`, `fingerprints?`, `voiceprint`,
	`id (photo|card|image|picture)`, `card (photo|image|front|back)`,
	`排名`, `排行`, `连续打卡`, `打卡天数`, `在线时长`, `停留时长`, `步数`, `轨迹`, `人脸`, `自拍`, `指纹`, `身份证照`, `证件照`, `勋章`,
}

var (
	camel   = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	acronym = regexp.MustCompile(`([A-Z])([A-Z][a-z])`)
)

// inWords turns onlineSeconds into "online seconds".
func inWords(s string) string {
	return strings.ToLower(strings.ReplaceAll(acronym.ReplaceAllString(camel.ReplaceAllString(s, "$1 $2"), "$1 $2"), "_", " "))
}

func bannedIn(s string) string {
	for _, p := range banned {
		if m := regexp.MustCompile(`(^|[^a-z])(` + p + `)($|[^a-z])`).FindString(inWords(s)); m != "" {
			return strings.TrimSpace(m)
		}
	}
	return ""
}

func TestNoBannedFields(t *testing.T) {
	for _, typ := range types.All() {
		for _, s := range []string{typ.Name, typ.Doc} {
			if m := bannedIn(s); m != "" {
				t.Errorf("type %s: %q", typ.Name, m)
			}
		}
		for _, f := range typ.Fields {
			for _, s := range []string{f.Name, f.GoName, f.Column, f.Doc, strings.Join(f.Enum, " ")} {
				if m := bannedIn(s); m != "" {
					t.Errorf("%s.%s: %q in %q", typ.Name, f.GoName, m, s)
				}
			}
		}
	}
	for _, s := range []string{"rank", "cadreRanking", "visit_streak", "onlineSeconds", "stepCount", "faceSHA256", "idPhoto", "IDCardFront", "the walker's steps", "本月排名"} {
		if bannedIn(s) == "" {
			t.Errorf("%q would pass", s)
		}
	}
	for _, s := range []string{"idNo", "idIndex", "order", "stage", "danger", "workMonths", "surface", "cardboard"} {
		if m := bannedIn(s); m != "" {
			t.Errorf("%q is harmless, but %q was found", s, m)
		}
	}
}
