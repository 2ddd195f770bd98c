// Imported by each worker thread of `kgen run` before the job: hooks of the main thread do not reach there.
import { silenceTypeStripping } from '../config/evaluate.ts';
import { registerModuleHook } from '../config/module-hook.ts';

silenceTypeStripping();
registerModuleHook();
