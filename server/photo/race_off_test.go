//go:build !race

package photo

const raceOn = false
