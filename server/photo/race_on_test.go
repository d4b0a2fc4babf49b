//go:build race

package photo

const raceOn = true
