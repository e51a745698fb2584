#!/bin/sh
# Run on a screen of its own: liferea updates all of its N feeds that many TIMES, and ends.
#     in_liferea.sh TIMES N
database="$HOME/.local/share/liferea/liferea.db"
count() { python3 - "$database" <<'END'
import sqlite3, sys
try:
    database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    print(database.execute("SELECT count(DISTINCT node_id) FROM items").fetchone()[0])
except sqlite3.Error:
    print(0)
END
}
ask() {
    dbus-send --session --print-reply --dest=org.gnome.feed.Reader /org/gnome/feed/Reader \
        "org.gnome.feed.Reader.$1" $2
}
liferea &
until ask SetOnline boolean:true; do sleep 0.5; done
round=0
while [ "$round" -lt "$1" ]; do
    ask Refresh
    until [ "$(count)" -ge "$2" ]; do sleep 1; done
    sleep 5  # what is still being stored, and icons
    round=$((round + 1))
done
kill %1 2>/dev/null || kill $!
wait
