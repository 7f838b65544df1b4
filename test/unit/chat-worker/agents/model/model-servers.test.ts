import { IndependentModelServer } from '../../../../support/independent-model-server.ts';
import { ModelServer } from '../../../../support/model-server.ts';
import { describeModelServer } from './model-server-suite.ts';

describeModelServer('the server of these tests', () => ModelServer.start(7));
describeModelServer('a server that others wrote', () => IndependentModelServer.start());
