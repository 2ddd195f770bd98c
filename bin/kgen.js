#!/usr/bin/env node
// Stands here, and not in `dist`: npm links a command only where its file is there, and a fresh checkout is not built yet.
import '../dist/cli.js';
