#!/bin/sh
# Makes the recording of the demo: the card 看病报销 in a few sentences, read by
# a computer. Run it by hand after changing the words, with espeak-ng 1.51 and
# lame 3.100: server/demo/speak.sh
# The voice is synthetic and nobody's; 16 kbit/s mono, as small as it stays
# clear. The words go in as pinyin: of characters espeak-ng 1.51 reads the tones
# out as English numbers. They say:
# 看病报销。参加了医保，看病住院的钱，可以报一部分。带上医保卡，到定点医院看。能报多少，问村干部。
set -eu
words='kan4 bing4 bao4 xiao1. can1 jia1 le5 yi1 bao3, kan4 bing4 zhu4 yuan4 de5 qian2, ke3 yi3 bao4 yi1 bu4 fen4. dai4 shang4 yi1 bao3 ka3, dao4 ding4 dian3 yi1 yuan4 kan4. neng2 bao4 duo1 shao3, wen4 cun1 gan4 bu4.'
wav=$(mktemp)
trap 'rm -f "$wav"' EXIT
espeak-ng -v cmn-latn-pinyin -s 140 -w "$wav" "$words"
lame --quiet -m m --resample 16 -b 16 --cbr -t "$wav" "$(dirname "$0")/health-claim.mp3"
