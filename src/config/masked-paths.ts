import { z } from 'zod';

/** Personal data in what Stripe and Paystack send, and with what somebody could pay. */
export const MASKED_PATHS_DEFAULT = [
  '**.email',
  '**.receipt_email',
  '**.customer_email',
  '**.phone',
  '**.name',
  '**.first_name',
  '**.last_name',
  '**.address',
  '**.shipping',
  '**.billing_details',
  '**.customer_details',
  '**.ip_address',
  '**.ip',
  '**.last4',
  '**.bin',
  '**.fingerprint',
  '**.iban',
  '**.account_number',
  '**.account_name',
  '**.custom_fields',
  '**.client_secret',
  '**.authorization_code',
];

/** Keys joined by dots. */
export const maskedPath = z
  .string()
  .max(200)
  .regex(/^[^.]+(\.[^.]+)*$/, 'expected keys joined by dots');
