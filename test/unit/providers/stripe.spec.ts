import { PROVIDERS } from '../../../src/providers/providers.js';
import { describeProvider } from '../../contracts/describe-provider.js';
import { STRIPE_SAMPLES } from './stripe.samples.js';

const [stripe] = PROVIDERS;

describeProvider(stripe, STRIPE_SAMPLES);
