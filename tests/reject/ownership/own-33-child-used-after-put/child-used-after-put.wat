;; A child is used after it was put into a block
;; expect: OWN_USE_AFTER_MOVE func=4 offset=0x9b
;; monitor: MON_DEAD
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
  (import "singula/A" "x.set" (func $set (param externref i32)))
  (import "singula/A" "kid.put" (func $put (param externref externref)))
  (memory 1)
  (func $main (export "main") (local $a externref) (local $b externref) 
  (local.set $a (call $new (i32.const 4))) (local.set $b (call $new (i32.const 0))) (call $put (local.get $a) (local.get $b)) (call $set (local.get $b) (i32.const 1)) (call $free (local.get $a)))
)
