/** All tests in one process: a synthesised stage is then there for all of them. */

import './construct.test';
import './nag.test';
import './plain-text.test';
import './same-resources.test';
