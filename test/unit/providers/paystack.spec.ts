import { PROVIDERS } from '../../../src/providers/providers.js';
import { describeProvider } from '../../contracts/describe-provider.js';
import { PAYSTACK_SAMPLES } from './paystack.samples.js';

const [, paystack] = PROVIDERS;

describeProvider(paystack, PAYSTACK_SAMPLES);
