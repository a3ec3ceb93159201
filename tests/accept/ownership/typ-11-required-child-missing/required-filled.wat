;; A required field is filled, taken out and filled again
;; expect: OK
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; contract: block B { must: A!; y: i32; }
;; contract: contract P {
;; contract:   in message Ask(A a);
;; contract:   in message More(B b);
;; contract:   out message Yes(A a);
;; contract:   out message No(i32 why);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Yes! -> Start; No! -> Again; }
;; contract:   state Again: More? -> Start;
;; contract: }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/B" "new" (func $newB (result externref)))
  (import "singula/B" "free" (func $freeB (param externref)))
  (import "singula/B" "must.put" (func $putB (param externref externref)))
  (import "singula/B" "must.take" (func $takeB (param externref) (result externref)))
  (memory 1)
  (func $main (export "main") (local $b externref) 
  (local.set $b (call $newB)) (call $putB (local.get $b) (call $new (i32.const 0))) (call $free (call $takeB (local.get $b))) (call $freeB (local.get $b)))
)
