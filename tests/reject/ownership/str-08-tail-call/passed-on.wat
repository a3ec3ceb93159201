;; A tail call hands the block on (tail calls are not decoded)
;; expect: WASM_ILLEGAL_OPCODE func=3 offset=0x74
;; monitor: - such a module cannot be loaded
;; wat2wasm: --enable-tail-call
;; contract: block Note { text: u8[]; }
;; contract: block Item { id: u32; note: Note; }
;; contract: block Order { no: u32; item: Item!; }
;; contract: contract Shop {
;; contract:   in message Ask(Note wish);
;; contract:   in message Buy(Order order);
;; contract:   out message Offer(Item item);
;; contract:   out message Sold(i32 out);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Offer! -> Start; Sold! -> Again; }
;; contract:   state Again: Buy? -> Start;
;; contract: }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (func $main (export "main")
    (call $walk (call $Item.new) (i32.const 10)))
  (func $walk (param $item externref) (param $n i32)
    (if (i32.eqz (local.get $n))
      (then (call $Item.free (local.get $item)) (return)))
    (return_call $walk (local.get $item) (i32.sub (local.get $n) (i32.const 1)))))
