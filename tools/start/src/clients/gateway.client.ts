// The storefront's view, as far as starting and smoking the system needs it.

export interface ShownAvailability {
  readonly state: string;
  readonly quantity: number | null;
  readonly asOf: string | null;
  readonly stale: boolean;
}

interface ShownSku {
  readonly sku: string;
  readonly availability: ShownAvailability;
  readonly price: { readonly value: { readonly amount: string } | null };
}

export interface ShownProduct extends ShownSku {
  readonly id: string;
  readonly name: string;
  readonly breadcrumbs: readonly { readonly id: string; readonly name: string }[];
  readonly variants: readonly ShownSku[];
}

/** The product of this id or variant SKU in English; undefined when the storefront doesn't know it. */
export async function readProduct(gatewayUrl: string, sku: string): Promise<ShownProduct | undefined> {
  const answer = await fetch(`${gatewayUrl}/v1/products/${encodeURIComponent(sku)}`, {
    headers: { 'accept-language': 'en', connection: 'keep-alive' },
    signal: AbortSignal.timeout(5_000),
  });
  if (answer.status === 404) {
    await answer.body?.cancel();
    return undefined;
  }
  if (!answer.ok) throw new Error(`GET /v1/products/${sku}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
  return (await answer.json()) as ShownProduct;
}

/** As much of a listed product as anybody here asks for. */
export interface ListedProduct extends Pick<ShownSku, 'price'> {
  readonly id: string;
  readonly variants: readonly Pick<ShownSku, 'sku' | 'price'>[];
}

/** Everything that the storefront lists, at the prices of its first market. */
export async function listProducts(gatewayUrl: string): Promise<ListedProduct[]> {
  const products: ListedProduct[] = [];
  let after: string | null = null;
  do {
    const answer: Response = await fetch(`${gatewayUrl}/v1/products?first=250${after === null ? '' : `&after=${encodeURIComponent(after)}`}`, { signal: AbortSignal.timeout(30_000) });
    if (!answer.ok) throw new Error(`GET /v1/products: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
    const { items, page } = (await answer.json()) as { items: ListedProduct[]; page: { next: string | null } };
    products.push(...items);
    after = page.next;
  } while (after !== null);
  return products;
}

export const listProductIds = async (gatewayUrl: string): Promise<Set<string>> => new Set((await listProducts(gatewayUrl)).map(({ id }) => id));

export const skuOf = (product: ShownProduct, sku: string): ShownSku => product.variants.find((variant) => variant.sku === sku) ?? product;
