"""What several test modules share: frames that know their number, oracles, files and videos."""
